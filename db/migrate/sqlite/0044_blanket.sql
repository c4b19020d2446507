-- +goose Up
-- Blanket orders (BEG02 BK, BGM 221): when they hold, and the orders that call off from them (RL, 226). What is left is counted from the order lines. A call-off that came before its blanket order has an empty blanket_id.
CREATE TABLE blanket (
  order_id TEXT PRIMARY KEY REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL,
  valid_from TEXT NOT NULL, valid_until TEXT NOT NULL, closed INTEGER NOT NULL, closed_by TEXT NOT NULL, closed_org TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX blanket_number ON blanket (supplier_id, reseller_id, number);
CREATE TABLE blanket_release (
  order_id TEXT PRIMARY KEY REFERENCES purchase_order(id), blanket_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX blanket_release_blanket ON blanket_release (blanket_id, made, order_id);
CREATE INDEX blanket_release_number ON blanket_release (supplier_id, reseller_id, number);
