-- +goose Up
-- Leads of each company, their offers to partners, and the rules that route them.
CREATE TABLE lead (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, number bigint NOT NULL, customer_id text NOT NULL, contact_id text NOT NULL, title text NOT NULL, need text NOT NULL, details text NOT NULL,
  industry text NOT NULL, size text NOT NULL, families text NOT NULL, products text NOT NULL, value bigint NOT NULL, currency text NOT NULL, expected text NOT NULL, source text NOT NULL, campaign text NOT NULL, external text NOT NULL,
  state text NOT NULL, holder_id text NOT NULL, offer_id text NOT NULL, round bigint NOT NULL, reason text NOT NULL, unplaced bigint NOT NULL, made_by text NOT NULL,
  created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX lead_state ON lead (org_id, state, created, id);
CREATE INDEX lead_customer ON lead (org_id, customer_id);
CREATE UNIQUE INDEX lead_external ON lead (org_id, external) WHERE external <> '';
CREATE TABLE lead_offer (
  id text PRIMARY KEY, lead_id text NOT NULL, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), number bigint NOT NULL,
  state text NOT NULL, phase text NOT NULL, due bigint NOT NULL, teaser text NOT NULL, shared text NOT NULL, rule_id text NOT NULL, rule text NOT NULL, fit bigint NOT NULL, factors text NOT NULL, note text NOT NULL, convert_hours bigint NOT NULL,
  offered bigint NOT NULL, offered_by text NOT NULL, opened bigint NOT NULL, opened_by text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, reason text NOT NULL, comment text NOT NULL,
  accept_half bigint NOT NULL, accept_most bigint NOT NULL, accept_due bigint NOT NULL, convert_start bigint NOT NULL, convert_half bigint NOT NULL, convert_most bigint NOT NULL, convert_due bigint NOT NULL,
  worked bigint NOT NULL, ended bigint NOT NULL, deal_id text NOT NULL, warned bigint NOT NULL, next_at bigint NOT NULL, version bigint NOT NULL, UNIQUE (partnership_id, number)
);
CREATE INDEX lead_offer_reseller ON lead_offer (reseller_id, phase, due, id);
CREATE INDEX lead_offer_supplier ON lead_offer (supplier_id, phase, due, id);
CREATE INDEX lead_offer_lead ON lead_offer (supplier_id, lead_id);
CREATE INDEX lead_offer_offered ON lead_offer (supplier_id, offered);
CREATE INDEX lead_offer_next ON lead_offer (next_at, id) WHERE next_at > 0;
CREATE TABLE lead_activity (
  id text PRIMARY KEY, offer_id text NOT NULL REFERENCES lead_offer(id), supplier_id text NOT NULL, reseller_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, kind text NOT NULL, text text NOT NULL, due text NOT NULL, happened bigint NOT NULL
);
CREATE INDEX lead_activity_offer ON lead_activity (offer_id, happened);
CREATE TABLE lead_rule (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, position bigint NOT NULL, name text NOT NULL, active boolean NOT NULL, countries text NOT NULL, postcodes text NOT NULL, families text NOT NULL, partners text NOT NULL,
  least bigint NOT NULL, currency text NOT NULL, accept bigint NOT NULL, convert bigint NOT NULL, rounds bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE lead_profile (
  partnership_id text PRIMARY KEY REFERENCES partnership(id), supplier_id text NOT NULL, reseller_id text NOT NULL, most bigint NOT NULL, countries text NOT NULL, postcodes text NOT NULL, families text NOT NULL,
  changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
CREATE INDEX lead_profile_supplier ON lead_profile (supplier_id);
CREATE TABLE lead_search (
  lead_id text PRIMARY KEY, words tsvector NOT NULL
);
CREATE INDEX lead_search_words ON lead_search USING gin (words);
