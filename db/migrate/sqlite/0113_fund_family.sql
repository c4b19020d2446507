-- +goose Up
-- Rules of earned funds by family: whatever belongs to it when it is invoiced, or what it held when the rule was made.
ALTER TABLE fund_rule ADD COLUMN families TEXT NOT NULL DEFAULT '';
ALTER TABLE fund_rule ADD COLUMN fixed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE fund_rule ADD COLUMN within TEXT NOT NULL DEFAULT '';
