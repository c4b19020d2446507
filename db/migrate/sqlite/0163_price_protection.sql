-- +goose Up
-- Price protection: what a supplier grants on stock when its prices fall, and each fall as it touches one partner.
CREATE TABLE price_protection_terms (
  org_id TEXT NOT NULL REFERENCES org(id), currency TEXT NOT NULL, partner_id TEXT NOT NULL, days INTEGER NOT NULL, cover INTEGER NOT NULL, cap INTEGER NOT NULL, least INTEGER NOT NULL, answer_days INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, currency, partner_id)
);
CREATE TABLE price_protection (
  id TEXT NOT NULL PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), currency TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
  basis TEXT NOT NULL, report_id TEXT NOT NULL, report_no TEXT NOT NULL, report_day TEXT NOT NULL, from_day TEXT NOT NULL, to_day TEXT NOT NULL, covered INTEGER NOT NULL, straddling INTEGER NOT NULL,
  days INTEGER NOT NULL, cover INTEGER NOT NULL, cap INTEGER NOT NULL, least INTEGER NOT NULL, whole INTEGER NOT NULL, amount INTEGER NOT NULL, ceiling INTEGER NOT NULL, subject_id TEXT NOT NULL, program_id TEXT NOT NULL, mark TEXT NOT NULL, answer_by INTEGER NOT NULL, next_at INTEGER NOT NULL, reminded INTEGER NOT NULL,
  made INTEGER NOT NULL, changed INTEGER NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, note TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (supplier_id, reseller_id, currency, day)
);
CREATE INDEX price_protection_supplier ON price_protection (supplier_id, changed, id);
CREATE INDEX price_protection_reseller ON price_protection (reseller_id, changed, id);
CREATE INDEX price_protection_next ON price_protection (next_at, id) WHERE next_at > 0;
CREATE TABLE price_protection_line (
  protection_id TEXT NOT NULL REFERENCES price_protection(id), position INTEGER NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, sku TEXT NOT NULL, was INTEGER NOT NULL, was_list TEXT NOT NULL, was_version INTEGER NOT NULL, price INTEGER NOT NULL, list TEXT NOT NULL, list_version INTEGER NOT NULL,
  opening INTEGER NOT NULL, came INTEGER NOT NULL, sold INTEGER NOT NULL, back INTEGER NOT NULL, quantity INTEGER NOT NULL, said INTEGER NOT NULL, amount INTEGER NOT NULL, claimed INTEGER NOT NULL, PRIMARY KEY (protection_id, position)
);
CREATE TABLE price_protection_claim (
  claim_id TEXT NOT NULL PRIMARY KEY REFERENCES fund_claim(id), protection_id TEXT NOT NULL REFERENCES price_protection(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), made INTEGER NOT NULL
);
CREATE INDEX price_protection_claim_of ON price_protection_claim (protection_id, made);
