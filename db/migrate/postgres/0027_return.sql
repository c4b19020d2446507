-- +goose Up
-- Goods that go back: asked for by the buyer line by line (180, RETANN or on the pages), authorised, received, credited.
CREATE TABLE goods_return (
  id text PRIMARY KEY, order_id text NOT NULL REFERENCES purchase_order(id), supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id),
  number text NOT NULL, rma text NOT NULL, state text NOT NULL, note text NOT NULL, answer text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL,
  asked bigint NOT NULL, asked_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, arrived bigint NOT NULL, arrived_by text NOT NULL, credited bigint NOT NULL
);
CREATE UNIQUE INDEX goods_return_source ON goods_return (reseller_id, source_key) WHERE source_key <> '';
CREATE INDEX goods_return_order ON goods_return (order_id, asked, id);
CREATE INDEX goods_return_supplier ON goods_return (supplier_id, asked, id);
CREATE INDEX goods_return_reseller ON goods_return (reseller_id, asked, id);
CREATE TABLE goods_return_line (
  return_id text NOT NULL REFERENCES goods_return(id), position bigint NOT NULL, line bigint NOT NULL, reference text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL, description text NOT NULL, unit text NOT NULL,
  reason text NOT NULL, quantity bigint NOT NULL, granted bigint NOT NULL, arrived bigint NOT NULL, credited bigint NOT NULL, PRIMARY KEY (return_id, position)
);
