-- +goose Up
-- Quotes between a supplier and one reseller, their rounds, and the lines of orders that draw on them. A round never changes; terms is its whole text. lane says who is to act: supplier, reseller, accepted or closed.
CREATE TABLE quote (
  id text PRIMARY KEY, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), number text NOT NULL, source_key text NOT NULL,
  state text NOT NULL, lane text NOT NULL, round bigint NOT NULL, currency text NOT NULL, deal_id text NOT NULL, deal_code text NOT NULL, title text NOT NULL, customer text NOT NULL, total bigint NOT NULL, line_count bigint NOT NULL,
  made bigint NOT NULL, made_by text NOT NULL, made_org text NOT NULL, changed bigint NOT NULL, expires bigint NOT NULL, next_at bigint NOT NULL, warned bigint NOT NULL, reason text NOT NULL, comment text NOT NULL,
  decided bigint NOT NULL, decided_by text NOT NULL, decided_org text NOT NULL, order_id text NOT NULL, order_number text NOT NULL, offer_approval text NOT NULL, order_approval text NOT NULL, tries bigint NOT NULL
);
CREATE UNIQUE INDEX quote_number ON quote (supplier_id, reseller_id, number);
CREATE UNIQUE INDEX quote_source ON quote (made_org, source_key) WHERE source_key <> '';
CREATE INDEX quote_supplier ON quote (supplier_id, lane, changed, id);
CREATE INDEX quote_reseller ON quote (reseller_id, lane, changed, id);
CREATE INDEX quote_supplier_all ON quote (supplier_id, changed, id);
CREATE INDEX quote_reseller_all ON quote (reseller_id, changed, id);
CREATE INDEX quote_deal ON quote (deal_id, changed) WHERE deal_id <> '';
CREATE INDEX quote_next ON quote (next_at, id) WHERE next_at > 0;
CREATE TABLE quote_version (
  quote_id text NOT NULL REFERENCES quote(id), number bigint NOT NULL, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL,
  terms text NOT NULL, hash text NOT NULL, made bigint NOT NULL, PRIMARY KEY (quote_id, number)
);
CREATE TABLE quote_order_line (
  order_id text NOT NULL REFERENCES purchase_order(id), line bigint NOT NULL, quote_id text NOT NULL REFERENCES quote(id), item bigint NOT NULL, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id),
  factor bigint NOT NULL, made bigint NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE INDEX quote_order_line_quote ON quote_order_line (quote_id, order_id);
CREATE TABLE quote_search (
  quote_id text PRIMARY KEY, words tsvector NOT NULL
);
CREATE INDEX quote_search_words ON quote_search USING gin (words);
