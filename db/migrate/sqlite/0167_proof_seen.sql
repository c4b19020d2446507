-- +goose Up
-- What a person of the paying side says of each piece of proof; and on a line of a claim for goods that came back, what it takes off a line that was granted.
ALTER TABLE fund_file ADD COLUMN verdict TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_file ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_file ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fund_file ADD COLUMN judged_by TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_claim_line ADD COLUMN back INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fund_claim_line ADD COLUMN back_of TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_claim_line ADD COLUMN back_line INTEGER NOT NULL DEFAULT 0;
