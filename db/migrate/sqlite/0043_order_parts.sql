-- +goose Up
-- Of a line: the part deliveries that were asked for (JSON), the item it was ordered as where a substitute is delivered, and whether it is free of charge.
ALTER TABLE order_line ADD COLUMN parts TEXT NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN instead_of TEXT NOT NULL DEFAULT '';
ALTER TABLE order_line ADD COLUMN free INTEGER NOT NULL DEFAULT 0;
