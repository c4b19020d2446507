-- +goose Up
-- What promotions do to order lines, and what came of them.
ALTER TABLE order_line ADD COLUMN deal_applied text NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN deal_method text NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN deal_reason text NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN deal_allowance bigint NOT NULL DEFAULT 0;
ALTER TABLE order_line ADD COLUMN deal_granted bigint NOT NULL DEFAULT 0;
ALTER TABLE invoice_line ADD COLUMN allowance bigint NOT NULL DEFAULT 0;
ALTER TABLE invoice_line ADD COLUMN deal text NOT NULL DEFAULT '';
CREATE TABLE promotion_line (
  promotion_id text NOT NULL REFERENCES promotion(id), order_id text NOT NULL, line bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, version_no bigint NOT NULL, number text NOT NULL, sku text NOT NULL, ordered_on text NOT NULL, arrived bigint NOT NULL, unit text NOT NULL, factor bigint NOT NULL,
  verdict text NOT NULL, reason text NOT NULL, method text NOT NULL, currency text NOT NULL, price bigint NOT NULL, allowance bigint NOT NULL, ordered bigint NOT NULL, granted bigint NOT NULL, counted bigint NOT NULL, confirmed bigint NOT NULL, shipped bigint NOT NULL, invoiced bigint NOT NULL,
  value bigint NOT NULL, earned bigint NOT NULL, PRIMARY KEY (promotion_id, order_id, line)
);
CREATE INDEX promotion_line_order ON promotion_line (order_id);
CREATE INDEX promotion_line_list ON promotion_line (promotion_id, org_id, arrived, order_id, line);
