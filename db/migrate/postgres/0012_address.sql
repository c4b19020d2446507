-- +goose Up
-- What a company writes on its documents: street (lines), postcode, VAT or tax number.
ALTER TABLE org ADD COLUMN street TEXT NOT NULL DEFAULT '';
ALTER TABLE org ADD COLUMN postcode TEXT NOT NULL DEFAULT '';
ALTER TABLE org ADD COLUMN tax_id TEXT NOT NULL DEFAULT '';
