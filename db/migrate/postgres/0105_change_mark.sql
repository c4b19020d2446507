-- +goose Up
-- What a change of an order asks for against the quote that the order draws on, as the marks of an order's line.
ALTER TABLE order_change_line ADD COLUMN marks text NOT NULL DEFAULT '';
