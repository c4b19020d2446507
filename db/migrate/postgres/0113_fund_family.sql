-- +goose Up
-- Rules of earned funds by family: whatever belongs to it when it is invoiced, or what it held when the rule was made.
ALTER TABLE fund_rule ADD COLUMN families text NOT NULL DEFAULT '';
ALTER TABLE fund_rule ADD COLUMN fixed bigint NOT NULL DEFAULT 0;
ALTER TABLE fund_rule ADD COLUMN within text NOT NULL DEFAULT '';
