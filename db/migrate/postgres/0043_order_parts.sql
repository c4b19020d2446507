-- +goose Up
-- Of a line: the part deliveries that were asked for (JSON), the item it was ordered as where a substitute is delivered, and whether it is free of charge.
ALTER TABLE order_line ADD COLUMN parts text NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN instead_of text NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN free bigint NOT NULL DEFAULT 0;
