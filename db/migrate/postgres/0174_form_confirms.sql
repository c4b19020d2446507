-- +goose Up
-- Whether campaigns write to an address of a company's web form only after it was confirmed by a link.
ALTER TABLE lead_form ADD COLUMN confirms BIGINT NOT NULL DEFAULT 0;
