-- +goose Up
-- The catalogue: order quantities and successors of products, price lists by version, stock, what each partner is told.
ALTER TABLE product ADD COLUMN minimum bigint NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN multiple bigint NOT NULL DEFAULT 0;
ALTER TABLE product ADD COLUMN replaced_by text NOT NULL DEFAULT '';
ALTER TABLE product ADD COLUMN replaced_from text NOT NULL DEFAULT '';
CREATE INDEX item_reference_product ON item_reference (org_id, product_id);
CREATE TABLE price_list (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, name text NOT NULL, currency text NOT NULL, partner_id text NOT NULL, basis text NOT NULL, notice_days bigint NOT NULL, created bigint NOT NULL,
  PRIMARY KEY (org_id, id), UNIQUE (org_id, currency, partner_id)
);
CREATE TABLE price_version (
  org_id text NOT NULL, list_id text NOT NULL, version bigint NOT NULL, valid_from text NOT NULL, state text NOT NULL, note text NOT NULL,
  created bigint NOT NULL, created_by text NOT NULL, published bigint NOT NULL, published_by text NOT NULL, PRIMARY KEY (org_id, list_id, version)
);
INSERT INTO price_list SELECT DISTINCT org_id, org_id || '-' || LOWER(currency), '', currency, '', 'order', 0, 0 FROM price;
INSERT INTO price_version SELECT org_id, org_id || '-' || LOWER(currency), DENSE_RANK() OVER (PARTITION BY org_id, currency ORDER BY valid_from), valid_from, 'published', '', 0, '', 0, '' FROM (SELECT DISTINCT org_id, currency, valid_from FROM price) d;
CREATE TABLE price_entry (
  org_id text NOT NULL, list_id text NOT NULL, version bigint NOT NULL, product_id text NOT NULL, price bigint NOT NULL, PRIMARY KEY (org_id, list_id, version, product_id)
);
INSERT INTO price_entry SELECT v.org_id, v.list_id, v.version, p.product_id, p.price FROM price_version v JOIN price_list l ON l.org_id = v.org_id AND l.id = v.list_id
  JOIN price p ON p.org_id = v.org_id AND p.currency = l.currency
  WHERE p.valid_from = (SELECT MAX(q.valid_from) FROM price q WHERE q.org_id = p.org_id AND q.product_id = p.product_id AND q.currency = p.currency AND q.valid_from <= v.valid_from);
DROP TABLE price;
CREATE INDEX price_entry_product ON price_entry (org_id, product_id);
CREATE TABLE catalog_terms (
  org_id text NOT NULL REFERENCES org(id), partner_id text NOT NULL, stock_shown text NOT NULL, stock_low bigint NOT NULL, stock_edi boolean NOT NULL, prices_edi boolean NOT NULL, stock_sent bigint NOT NULL,
  changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (org_id, partner_id)
);
CREATE TABLE stock (
  org_id text NOT NULL REFERENCES org(id), product_id text NOT NULL, place text NOT NULL, quantity bigint NOT NULL, as_of bigint NOT NULL, source text NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (org_id, product_id, place)
);
CREATE INDEX stock_changed ON stock (org_id, as_of);
CREATE TABLE stock_report (
  id text PRIMARY KEY, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL, number text NOT NULL, day text NOT NULL,
  source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, line_count bigint NOT NULL, unknown bigint NOT NULL, received bigint NOT NULL, UNIQUE (reseller_id, source_key)
);
CREATE INDEX stock_report_pair ON stock_report (supplier_id, reseller_id, day, received, id);
CREATE TABLE stock_report_line (
  report_id text NOT NULL REFERENCES stock_report(id), position bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, product_id text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL,
  place text NOT NULL, kind text NOT NULL, quantity bigint NOT NULL, unit text NOT NULL, pieces bigint NOT NULL, PRIMARY KEY (report_id, position)
);
CREATE INDEX order_line_supplier_back ON order_line (supplier_id, product_id, order_id, line) WHERE backordered > 0;
CREATE INDEX order_line_reseller_back ON order_line (reseller_id, promised_on, order_id, line) WHERE backordered > 0;
