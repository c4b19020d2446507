-- +goose Up
-- An invoice of several orders (their number; 0: of one): its lines name theirs, and each order has its share, which is matched against that order alone.
ALTER TABLE invoice ADD COLUMN orders INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoice_line ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
CREATE TABLE invoice_share (
  invoice_id TEXT NOT NULL REFERENCES invoice(id), position INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id),
  net INTEGER NOT NULL, state TEXT NOT NULL, differs_by INTEGER NOT NULL, PRIMARY KEY (invoice_id, position)
);
CREATE INDEX invoice_share_order ON invoice_share (order_id);
CREATE INDEX invoice_share_supplier ON invoice_share (supplier_id, order_id) WHERE state = 'differs';
CREATE INDEX invoice_share_reseller ON invoice_share (reseller_id, order_id) WHERE state = 'differs';
-- What lines earned, by the order that the line of the invoice is of.
ALTER TABLE fund_lot ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
