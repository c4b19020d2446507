-- +goose Up
-- Rates of earned funds that grow with what a partner bought, and what is trued up when it reaches a step or falls below one.
ALTER TABLE fund_rule ADD COLUMN tiers TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_rule ADD COLUMN reach TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_rule ADD COLUMN close_days INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fund_entry ADD COLUMN step TEXT NOT NULL DEFAULT '';
CREATE TABLE fund_volume (
  rule_id TEXT NOT NULL REFERENCES fund_rule(id), org_id TEXT NOT NULL REFERENCES org(id), program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), currency TEXT NOT NULL,
  volume INTEGER NOT NULL, earned INTEGER NOT NULL, changed INTEGER NOT NULL, close_at INTEGER NOT NULL, closed INTEGER NOT NULL, PRIMARY KEY (rule_id, org_id), CHECK (volume >= 0 AND earned >= 0)
);
CREATE INDEX fund_volume_close ON fund_volume (close_at, rule_id, org_id) WHERE closed = 0;
CREATE INDEX fund_volume_seat ON fund_volume (program_id, org_id);
CREATE TABLE fund_volume_line (
  rule_id TEXT NOT NULL REFERENCES fund_rule(id), document_id TEXT NOT NULL, position INTEGER NOT NULL, org_id TEXT NOT NULL, invoice_id TEXT NOT NULL, order_id TEXT NOT NULL, line INTEGER NOT NULL, net INTEGER NOT NULL, back INTEGER NOT NULL, PRIMARY KEY (rule_id, document_id, position)
);
CREATE INDEX fund_volume_invoice ON fund_volume_line (rule_id, invoice_id);
