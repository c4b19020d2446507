-- +goose Up
-- What the owner earns on each sale of a promotion's products: its own, for the return.
ALTER TABLE promotion ADD COLUMN margin bigint NOT NULL DEFAULT 0;
