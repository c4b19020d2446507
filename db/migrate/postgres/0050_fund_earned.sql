-- +goose Up
-- Earned funds: rules by which a partner earns on what is invoiced, and a lot for each line of an invoice. Lots are used oldest first, lapse on a day, and are taken back by credits at the rate at which they were earned.
CREATE TABLE fund_rule (
  id text PRIMARY KEY, program_id text NOT NULL REFERENCES fund_program(id), owner_id text NOT NULL REFERENCES org(id), rate bigint NOT NULL, skus text NOT NULL, from_on text NOT NULL, until_on text NOT NULL, days bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, ended bigint NOT NULL
);
CREATE INDEX fund_rule_owner ON fund_rule (owner_id, ended);
CREATE INDEX fund_rule_program ON fund_rule (program_id, made, id);
CREATE TABLE fund_lot (
  id text PRIMARY KEY, program_id text NOT NULL REFERENCES fund_program(id), rule_id text NOT NULL REFERENCES fund_rule(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), invoice_id text NOT NULL, invoice_number text NOT NULL, position bigint NOT NULL, order_line bigint NOT NULL, sku text NOT NULL,
  currency text NOT NULL, net bigint NOT NULL, rate bigint NOT NULL, earned bigint NOT NULL, remaining bigint NOT NULL, taken bigint NOT NULL, lapsed bigint NOT NULL, earned_on text NOT NULL, lapses_at bigint NOT NULL, lapses_on text NOT NULL, made bigint NOT NULL,
  CHECK (remaining >= 0 AND taken >= 0 AND taken <= earned), UNIQUE (rule_id, invoice_id, position)
);
CREATE INDEX fund_lot_left ON fund_lot (program_id, org_id, earned_on, id) WHERE remaining > 0;
CREATE INDEX fund_lot_lapse ON fund_lot (lapses_at, id) WHERE remaining > 0;
CREATE INDEX fund_lot_invoice ON fund_lot (invoice_id, org_id);
CREATE TABLE fund_lot_back (
  lot_id text NOT NULL REFERENCES fund_lot(id), credit_id text NOT NULL, position bigint NOT NULL, owner_id text NOT NULL REFERENCES org(id), amount bigint NOT NULL, PRIMARY KEY (lot_id, credit_id, position)
);
