-- +goose Up
-- What resellers tell their suppliers of what they sold on (867, SLSRPT, files, API), when each is expected to, and who was reminded.
CREATE TABLE sell_report (
  id text PRIMARY KEY, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id),
  number text NOT NULL, purpose text NOT NULL, made text NOT NULL, period_from text NOT NULL, period_to text NOT NULL, state text NOT NULL, replaced_by text NOT NULL,
  source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, currency text NOT NULL, digest text NOT NULL, lines bigint NOT NULL, doubts bigint NOT NULL, received bigint NOT NULL, received_by text NOT NULL
);
CREATE UNIQUE INDEX sell_report_source ON sell_report (partnership_id, source_key);
CREATE INDEX sell_report_supplier ON sell_report (supplier_id, received, id);
CREATE INDEX sell_report_reseller ON sell_report (reseller_id, received, id);
CREATE INDEX sell_report_period ON sell_report (partnership_id, period_to, period_from) WHERE state = 'current';
CREATE INDEX sell_report_number ON sell_report (partnership_id, number);
CREATE TABLE sell_line (
  report_id text NOT NULL REFERENCES sell_report(id), position bigint NOT NULL, product_id text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL, description text NOT NULL, kind text NOT NULL, movement text NOT NULL,
  quantity bigint NOT NULL, unit text NOT NULL, pieces bigint NOT NULL, doubts text NOT NULL, price bigint NOT NULL, currency text NOT NULL, sold_from text NOT NULL, sold_to text NOT NULL,
  customer_name text NOT NULL, customer_city text NOT NULL, customer_postcode text NOT NULL, customer_country text NOT NULL, customer_list text NOT NULL, customer_code text NOT NULL, place text NOT NULL, promotion text NOT NULL, deal text NOT NULL, reference text NOT NULL,
  PRIMARY KEY (report_id, position)
);
CREATE INDEX sell_line_doubt ON sell_line (report_id, position) WHERE doubts <> '';
CREATE INDEX sell_line_product ON sell_line (report_id, product_id, sold_to, pieces) WHERE pieces <> 0;
CREATE TABLE sell_plan (
  partnership_id text PRIMARY KEY REFERENCES partnership(id), supplier_id text NOT NULL, reseller_id text NOT NULL, grain text NOT NULL, since text NOT NULL, due_days bigint NOT NULL, dual boolean NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
CREATE INDEX sell_plan_supplier ON sell_plan (supplier_id);
CREATE INDEX sell_plan_reseller ON sell_plan (reseller_id);
CREATE TABLE sell_chase (
  partnership_id text NOT NULL REFERENCES partnership(id), period_from text NOT NULL, day text NOT NULL, chased bigint NOT NULL, chased_by text NOT NULL, PRIMARY KEY (partnership_id, period_from, day)
);
