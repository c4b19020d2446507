-- +goose Up
-- The taxes of an invoice, a row for each rate and category. What was made before has one of its sums.
ALTER TABLE invoice_line ADD COLUMN tax_rate INTEGER NOT NULL DEFAULT -1;
CREATE TABLE invoice_tax (
  invoice_id TEXT NOT NULL REFERENCES invoice(id), position INTEGER NOT NULL, category TEXT NOT NULL, rate INTEGER NOT NULL, basis INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (invoice_id, position)
);
