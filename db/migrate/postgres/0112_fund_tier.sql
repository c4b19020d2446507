-- +goose Up
-- Rates of earned funds that grow with what a partner bought, and what is trued up when it reaches a step or falls below one.
ALTER TABLE fund_rule ADD COLUMN tiers text NOT NULL DEFAULT '';
ALTER TABLE fund_rule ADD COLUMN reach text NOT NULL DEFAULT '';
ALTER TABLE fund_rule ADD COLUMN close_days bigint NOT NULL DEFAULT 0;
ALTER TABLE fund_entry ADD COLUMN step text NOT NULL DEFAULT '';
CREATE TABLE fund_volume (
  rule_id text NOT NULL REFERENCES fund_rule(id), org_id text NOT NULL REFERENCES org(id), program_id text NOT NULL REFERENCES fund_program(id), owner_id text NOT NULL REFERENCES org(id), currency text NOT NULL,
  volume bigint NOT NULL, earned bigint NOT NULL, changed bigint NOT NULL, close_at bigint NOT NULL, closed bigint NOT NULL, PRIMARY KEY (rule_id, org_id), CHECK (volume >= 0 AND earned >= 0)
);
CREATE INDEX fund_volume_close ON fund_volume (close_at, rule_id, org_id) WHERE closed = 0;
CREATE INDEX fund_volume_seat ON fund_volume (program_id, org_id);
CREATE TABLE fund_volume_line (
  rule_id text NOT NULL REFERENCES fund_rule(id), document_id text NOT NULL, position bigint NOT NULL, org_id text NOT NULL, invoice_id text NOT NULL, order_id text NOT NULL, line bigint NOT NULL, net bigint NOT NULL, back bigint NOT NULL, PRIMARY KEY (rule_id, document_id, position)
);
CREATE INDEX fund_volume_invoice ON fund_volume_line (rule_id, invoice_id);
