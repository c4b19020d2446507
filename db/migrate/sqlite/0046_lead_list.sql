-- +goose Up
-- What an offered lead is worth and where it came from, to filter offers by; until now only in the teaser.
ALTER TABLE lead_offer ADD COLUMN value INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lead_offer ADD COLUMN currency TEXT NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN source TEXT NOT NULL DEFAULT '';
UPDATE lead_offer SET value = COALESCE(json_extract(teaser, '$.value.Minor'), 0), currency = COALESCE(json_extract(teaser, '$.value.Currency'), ''), source = COALESCE(json_extract(teaser, '$.source'), '') WHERE json_valid(teaser);
