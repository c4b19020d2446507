-- +goose Up
-- A programme that is announced: to whom it is open and with how much, what others may use, who was told when, and grants beside that plan.
ALTER TABLE fund_program ADD COLUMN countries TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_program ADD COLUMN part INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fund_program ADD COLUMN part_currency TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_program ADD COLUMN alternative TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_program ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
CREATE INDEX fund_program_announced ON fund_program (owner_id, id) WHERE announced > 0;
CREATE TABLE fund_told (
  program_id TEXT NOT NULL REFERENCES fund_program(id), org_id TEXT NOT NULL REFERENCES org(id), owner_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), told INTEGER NOT NULL, PRIMARY KEY (program_id, org_id)
);
CREATE TABLE fund_off_plan (
  id TEXT NOT NULL PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), currency TEXT NOT NULL, amount INTEGER NOT NULL,
  reason TEXT NOT NULL, source_key TEXT NOT NULL, state TEXT NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, CHECK (asked_by <> decided_by)
);
CREATE INDEX fund_off_plan_program ON fund_off_plan (program_id, asked, id);
CREATE UNIQUE INDEX fund_off_plan_key ON fund_off_plan (program_id, source_key) WHERE source_key <> '';
