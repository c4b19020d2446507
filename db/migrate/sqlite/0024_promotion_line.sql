-- +goose Up
-- What promotions do to order lines, and what came of them.
ALTER TABLE order_line ADD COLUMN deal_applied TEXT NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN deal_method TEXT NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN deal_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN deal_allowance INTEGER NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD COLUMN deal_granted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoice_line ADD COLUMN allowance INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invoice_line ADD COLUMN deal TEXT NOT NULL DEFAULT '';
CREATE TABLE promotion_line (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), order_id TEXT NOT NULL, line INTEGER NOT NULL, owner_id TEXT NOT NULL, org_id TEXT NOT NULL, version_no INTEGER NOT NULL, number TEXT NOT NULL, sku TEXT NOT NULL, ordered_on TEXT NOT NULL, arrived INTEGER NOT NULL, unit TEXT NOT NULL, factor INTEGER NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, method TEXT NOT NULL, currency TEXT NOT NULL, price INTEGER NOT NULL, allowance INTEGER NOT NULL, ordered INTEGER NOT NULL, granted INTEGER NOT NULL, counted INTEGER NOT NULL, confirmed INTEGER NOT NULL, shipped INTEGER NOT NULL, invoiced INTEGER NOT NULL,
  value INTEGER NOT NULL, earned INTEGER NOT NULL, PRIMARY KEY (promotion_id, order_id, line)
);
CREATE INDEX promotion_line_order ON promotion_line (order_id);
CREATE INDEX promotion_line_list ON promotion_line (promotion_id, org_id, arrived, order_id, line);
