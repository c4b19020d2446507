-- +goose Up
-- Price protection: what a supplier grants on stock when its prices fall, and each fall as it touches one partner.
CREATE TABLE price_protection_terms (
  org_id text NOT NULL REFERENCES org(id), currency text NOT NULL, partner_id text NOT NULL, days bigint NOT NULL, cover bigint NOT NULL, cap bigint NOT NULL, least bigint NOT NULL, answer_days bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (org_id, currency, partner_id)
);
CREATE TABLE price_protection (
  id text NOT NULL PRIMARY KEY, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), currency text NOT NULL, day text NOT NULL, state text NOT NULL, why text NOT NULL,
  basis text NOT NULL, report_id text NOT NULL, report_no text NOT NULL, report_day text NOT NULL, from_day text NOT NULL, to_day text NOT NULL, covered bigint NOT NULL, straddling bigint NOT NULL,
  days bigint NOT NULL, cover bigint NOT NULL, cap bigint NOT NULL, least bigint NOT NULL, whole bigint NOT NULL, amount bigint NOT NULL, ceiling bigint NOT NULL, subject_id text NOT NULL, program_id text NOT NULL, mark text NOT NULL, answer_by bigint NOT NULL, next_at bigint NOT NULL, reminded bigint NOT NULL,
  made bigint NOT NULL, changed bigint NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, note text NOT NULL, version bigint NOT NULL, UNIQUE (supplier_id, reseller_id, currency, day)
);
CREATE INDEX price_protection_supplier ON price_protection (supplier_id, changed, id);
CREATE INDEX price_protection_reseller ON price_protection (reseller_id, changed, id);
CREATE INDEX price_protection_next ON price_protection (next_at, id) WHERE next_at > 0;
CREATE TABLE price_protection_line (
  protection_id text NOT NULL REFERENCES price_protection(id), position bigint NOT NULL, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), product_id text NOT NULL, sku text NOT NULL, was bigint NOT NULL, was_list text NOT NULL, was_version bigint NOT NULL, price bigint NOT NULL, list text NOT NULL, list_version bigint NOT NULL,
  opening bigint NOT NULL, came bigint NOT NULL, sold bigint NOT NULL, back bigint NOT NULL, quantity bigint NOT NULL, said bigint NOT NULL, amount bigint NOT NULL, claimed bigint NOT NULL, PRIMARY KEY (protection_id, position)
);
CREATE TABLE price_protection_claim (
  claim_id text NOT NULL PRIMARY KEY REFERENCES fund_claim(id), protection_id text NOT NULL REFERENCES price_protection(id), supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), made bigint NOT NULL
);
CREATE INDEX price_protection_claim_of ON price_protection_claim (protection_id, made);
