-- +goose Up
-- What an offered lead is worth and where it came from, to filter offers by; until now only in the teaser.
ALTER TABLE lead_offer ADD COLUMN value bigint NOT NULL DEFAULT 0;
ALTER TABLE lead_offer ADD COLUMN currency text NOT NULL DEFAULT '';
ALTER TABLE lead_offer ADD COLUMN source text NOT NULL DEFAULT '';
UPDATE lead_offer SET value = COALESCE((teaser::jsonb -> 'value' ->> 'Minor')::bigint, 0), currency = COALESCE(teaser::jsonb -> 'value' ->> 'Currency', ''), source = COALESCE(teaser::jsonb ->> 'source', '') WHERE teaser LIKE '{%';
