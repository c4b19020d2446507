-- +goose Up
-- Goods that go back: asked for by the buyer line by line (180, RETANN or on the pages), authorised, received, credited.
CREATE TABLE goods_return (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  number TEXT NOT NULL, rma TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, answer TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL,
  asked INTEGER NOT NULL, asked_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, arrived INTEGER NOT NULL, arrived_by TEXT NOT NULL, credited INTEGER NOT NULL
);
CREATE UNIQUE INDEX goods_return_source ON goods_return (reseller_id, source_key) WHERE source_key <> '';
CREATE INDEX goods_return_order ON goods_return (order_id, asked, id);
CREATE INDEX goods_return_supplier ON goods_return (supplier_id, asked, id);
CREATE INDEX goods_return_reseller ON goods_return (reseller_id, asked, id);
CREATE TABLE goods_return_line (
  return_id TEXT NOT NULL REFERENCES goods_return(id), position INTEGER NOT NULL, line INTEGER NOT NULL, reference TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL, description TEXT NOT NULL, unit TEXT NOT NULL,
  reason TEXT NOT NULL, quantity INTEGER NOT NULL, granted INTEGER NOT NULL, arrived INTEGER NOT NULL, credited INTEGER NOT NULL, PRIMARY KEY (return_id, position)
);
