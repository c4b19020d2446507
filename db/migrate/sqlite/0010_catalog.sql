-- +goose Up
-- The catalogue: order quantities and successors of products, price lists by version, stock, what each partner is told.
ALTER TABLE product ADD COLUMN minimum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN multiple INTEGER NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN replaced_by TEXT NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN replaced_from TEXT NOT NULL DEFAULT '';
CREATE INDEX item_reference_product ON item_reference (org_id, product_id);
CREATE TABLE price_list (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, currency TEXT NOT NULL, partner_id TEXT NOT NULL, basis TEXT NOT NULL, notice_days INTEGER NOT NULL, created INTEGER NOT NULL,
  PRIMARY KEY (org_id, id), UNIQUE (org_id, currency, partner_id)
);
CREATE TABLE price_version (
  org_id TEXT NOT NULL, list_id TEXT NOT NULL, version INTEGER NOT NULL, valid_from TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
  created INTEGER NOT NULL, created_by TEXT NOT NULL, published INTEGER NOT NULL, published_by TEXT NOT NULL, PRIMARY KEY (org_id, list_id, version)
);
INSERT INTO price_list SELECT DISTINCT org_id, org_id || '-' || LOWER(currency), '', currency, '', 'order', 0, 0 FROM price;
INSERT INTO price_version SELECT org_id, org_id || '-' || LOWER(currency), DENSE_RANK() OVER (PARTITION BY org_id, currency ORDER BY valid_from), valid_from, 'published', '', 0, '', 0, '' FROM (SELECT DISTINCT org_id, currency, valid_from FROM price) d;
CREATE TABLE price_entry (
  org_id TEXT NOT NULL, list_id TEXT NOT NULL, version INTEGER NOT NULL, product_id TEXT NOT NULL, price INTEGER NOT NULL, PRIMARY KEY (org_id, list_id, version, product_id)
);
INSERT INTO price_entry SELECT v.org_id, v.list_id, v.version, p.product_id, p.price FROM price_version v JOIN price_list l ON l.org_id = v.org_id AND l.id = v.list_id
  JOIN price p ON p.org_id = v.org_id AND p.currency = l.currency
  WHERE p.valid_from = (SELECT MAX(q.valid_from) FROM price q WHERE q.org_id = p.org_id AND q.product_id = p.product_id AND q.currency = p.currency AND q.valid_from <= v.valid_from);
DROP TABLE price;
CREATE INDEX price_entry_product ON price_entry (org_id, product_id);
CREATE TABLE catalog_terms (
  org_id TEXT NOT NULL REFERENCES org(id), partner_id TEXT NOT NULL, stock_shown TEXT NOT NULL, stock_low INTEGER NOT NULL, stock_edi BOOLEAN NOT NULL, prices_edi BOOLEAN NOT NULL, stock_sent INTEGER NOT NULL,
  changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, partner_id)
);
CREATE TABLE stock (
  org_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, place TEXT NOT NULL, quantity INTEGER NOT NULL, as_of INTEGER NOT NULL, source TEXT NOT NULL, changed_by TEXT NOT NULL,
  PRIMARY KEY (org_id, product_id, place)
);
CREATE INDEX stock_changed ON stock (org_id, as_of);
CREATE TABLE stock_report (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL, number TEXT NOT NULL, day TEXT NOT NULL,
  source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, line_count INTEGER NOT NULL, unknown INTEGER NOT NULL, received INTEGER NOT NULL, UNIQUE (reseller_id, source_key)
);
CREATE INDEX stock_report_pair ON stock_report (supplier_id, reseller_id, day, received, id);
CREATE TABLE stock_report_line (
  report_id TEXT NOT NULL REFERENCES stock_report(id), position INTEGER NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL,
  place TEXT NOT NULL, kind TEXT NOT NULL, quantity INTEGER NOT NULL, unit TEXT NOT NULL, pieces INTEGER NOT NULL, PRIMARY KEY (report_id, position)
);
CREATE INDEX order_line_supplier_back ON order_line (supplier_id, product_id, order_id, line) WHERE backordered > 0;
CREATE INDEX order_line_reseller_back ON order_line (reseller_id, promised_on, order_id, line) WHERE backordered > 0;
