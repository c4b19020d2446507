-- +goose Up
-- Earned funds: rules by which a partner earns on what is invoiced, and a lot for each line of an invoice. Lots are used oldest first, lapse on a day, and are taken back by credits at the rate at which they were earned.
CREATE TABLE fund_rule (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), rate INTEGER NOT NULL, skus TEXT NOT NULL, from_on TEXT NOT NULL, until_on TEXT NOT NULL, days INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, ended INTEGER NOT NULL
);
CREATE INDEX fund_rule_owner ON fund_rule (owner_id, ended);
CREATE INDEX fund_rule_program ON fund_rule (program_id, made, id);
CREATE TABLE fund_lot (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), rule_id TEXT NOT NULL REFERENCES fund_rule(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), invoice_id TEXT NOT NULL, invoice_number TEXT NOT NULL, position INTEGER NOT NULL, order_line INTEGER NOT NULL, sku TEXT NOT NULL,
  currency TEXT NOT NULL, net INTEGER NOT NULL, rate INTEGER NOT NULL, earned INTEGER NOT NULL, remaining INTEGER NOT NULL, taken INTEGER NOT NULL, lapsed INTEGER NOT NULL, earned_on TEXT NOT NULL, lapses_at INTEGER NOT NULL, lapses_on TEXT NOT NULL, made INTEGER NOT NULL,
  CHECK (remaining >= 0 AND taken >= 0 AND taken <= earned), UNIQUE (rule_id, invoice_id, position)
);
CREATE INDEX fund_lot_left ON fund_lot (program_id, org_id, earned_on, id) WHERE remaining > 0;
CREATE INDEX fund_lot_lapse ON fund_lot (lapses_at, id) WHERE remaining > 0;
CREATE INDEX fund_lot_invoice ON fund_lot (invoice_id, org_id);
CREATE TABLE fund_lot_back (
  lot_id TEXT NOT NULL REFERENCES fund_lot(id), credit_id TEXT NOT NULL, position INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), amount INTEGER NOT NULL, PRIMARY KEY (lot_id, credit_id, position)
);
