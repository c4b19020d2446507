-- +goose Up
-- What order lines won for a registration, added up without reading those that won nothing.
CREATE INDEX deal_line_wins ON deal_line (deal_id, sku, happened, order_id, line, invoiced, amount) WHERE counts AND invoiced > 0;
