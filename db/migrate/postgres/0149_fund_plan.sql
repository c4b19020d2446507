-- +goose Up
-- A programme that is announced: to whom it is open and with how much, what others may use, who was told when, and grants beside that plan.
ALTER TABLE fund_program ADD COLUMN countries text NOT NULL DEFAULT '';
ALTER TABLE fund_program ADD COLUMN part bigint NOT NULL DEFAULT 0;
ALTER TABLE fund_program ADD COLUMN part_currency text NOT NULL DEFAULT '';
ALTER TABLE fund_program ADD COLUMN alternative text NOT NULL DEFAULT '';
ALTER TABLE fund_program ADD COLUMN announced bigint NOT NULL DEFAULT 0;
CREATE INDEX fund_program_announced ON fund_program (owner_id, id) WHERE announced > 0;
CREATE TABLE fund_told (
  program_id text NOT NULL REFERENCES fund_program(id), org_id text NOT NULL REFERENCES org(id), owner_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), told bigint NOT NULL, PRIMARY KEY (program_id, org_id)
);
CREATE TABLE fund_off_plan (
  id text NOT NULL PRIMARY KEY, program_id text NOT NULL REFERENCES fund_program(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), currency text NOT NULL, amount bigint NOT NULL,
  reason text NOT NULL, source_key text NOT NULL, state text NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, CHECK (asked_by <> decided_by)
);
CREATE INDEX fund_off_plan_program ON fund_off_plan (program_id, asked, id);
CREATE UNIQUE INDEX fund_off_plan_key ON fund_off_plan (program_id, source_key) WHERE source_key <> '';
