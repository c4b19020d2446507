-- +goose Up
-- What resellers tell their suppliers of what they sold on (867, SLSRPT, files, API), when each is expected to, and who was reminded.
CREATE TABLE sell_report (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  number TEXT NOT NULL, purpose TEXT NOT NULL, made TEXT NOT NULL, period_from TEXT NOT NULL, period_to TEXT NOT NULL, state TEXT NOT NULL, replaced_by TEXT NOT NULL,
  source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, currency TEXT NOT NULL, digest TEXT NOT NULL, lines INTEGER NOT NULL, doubts INTEGER NOT NULL, received INTEGER NOT NULL, received_by TEXT NOT NULL
);
CREATE UNIQUE INDEX sell_report_source ON sell_report (partnership_id, source_key);
CREATE INDEX sell_report_supplier ON sell_report (supplier_id, received, id);
CREATE INDEX sell_report_reseller ON sell_report (reseller_id, received, id);
CREATE INDEX sell_report_period ON sell_report (partnership_id, period_to, period_from) WHERE state = 'current';
CREATE INDEX sell_report_number ON sell_report (partnership_id, number);
CREATE TABLE sell_line (
  report_id TEXT NOT NULL REFERENCES sell_report(id), position INTEGER NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL, description TEXT NOT NULL, kind TEXT NOT NULL, movement TEXT NOT NULL,
  quantity INTEGER NOT NULL, unit TEXT NOT NULL, pieces INTEGER NOT NULL, doubts TEXT NOT NULL, price INTEGER NOT NULL, currency TEXT NOT NULL, sold_from TEXT NOT NULL, sold_to TEXT NOT NULL,
  customer_name TEXT NOT NULL, customer_city TEXT NOT NULL, customer_postcode TEXT NOT NULL, customer_country TEXT NOT NULL, customer_list TEXT NOT NULL, customer_code TEXT NOT NULL, place TEXT NOT NULL, promotion TEXT NOT NULL, deal TEXT NOT NULL, reference TEXT NOT NULL,
  PRIMARY KEY (report_id, position)
);
CREATE INDEX sell_line_doubt ON sell_line (report_id, position) WHERE doubts <> '';
CREATE INDEX sell_line_product ON sell_line (report_id, product_id, sold_to, pieces) WHERE pieces <> 0;
CREATE TABLE sell_plan (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, grain TEXT NOT NULL, since TEXT NOT NULL, due_days INTEGER NOT NULL, dual BOOLEAN NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX sell_plan_supplier ON sell_plan (supplier_id);
CREATE INDEX sell_plan_reseller ON sell_plan (reseller_id);
CREATE TABLE sell_chase (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), period_from TEXT NOT NULL, day TEXT NOT NULL, chased INTEGER NOT NULL, chased_by TEXT NOT NULL, PRIMARY KEY (partnership_id, period_from, day)
);
