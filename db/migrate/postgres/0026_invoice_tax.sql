-- +goose Up
-- The taxes of an invoice, a row for each rate and category. What was made before has one of its sums.
ALTER TABLE invoice_line ADD COLUMN tax_rate BIGINT NOT NULL DEFAULT -1;
CREATE TABLE invoice_tax (
  invoice_id TEXT NOT NULL REFERENCES invoice(id), position BIGINT NOT NULL, category TEXT NOT NULL, rate BIGINT NOT NULL, basis BIGINT NOT NULL, amount BIGINT NOT NULL, PRIMARY KEY (invoice_id, position)
);
