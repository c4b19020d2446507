-- +goose Up
-- Registrations of deals, what speaks for them, and the terms they are decided by.
CREATE TABLE deal (
  id text PRIMARY KEY, code text NOT NULL, supplier_id text NOT NULL REFERENCES org(id), registrant_id text NOT NULL REFERENCES org(id), fulfiller_id text NOT NULL, partnership_id text NOT NULL REFERENCES partnership(id),
  pen text NOT NULL, decision text NOT NULL, supplier_lane text NOT NULL, supplier_due bigint NOT NULL, registrant_lane text NOT NULL, registrant_due bigint NOT NULL, counting boolean NOT NULL,
  kind text NOT NULL, title text NOT NULL, customer_name text NOT NULL, value bigint NOT NULL, currency text NOT NULL, close_on text NOT NULL, tender text NOT NULL, body text NOT NULL, keys text NOT NULL, block text NOT NULL, families text NOT NULL,
  private text NOT NULL, external text NOT NULL, account_id text NOT NULL, offer_id text NOT NULL,
  score bigint NOT NULL, submits bigint NOT NULL, submitted bigint NOT NULL, reviewer text NOT NULL, review_start bigint NOT NULL, review_half bigint NOT NULL, review_most bigint NOT NULL, review_due bigint NOT NULL,
  reason text NOT NULL, comment text NOT NULL, against_id text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL,
  guard_from bigint NOT NULL, guard_until bigint NOT NULL, guard_grace bigint NOT NULL, guard_frozen bigint NOT NULL, guard_halted bigint NOT NULL, extensions bigint NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, asked_reason text NOT NULL,
  postponed boolean NOT NULL, share bigint NOT NULL, disputes bigint NOT NULL, ordered bigint NOT NULL, open bigint NOT NULL, invoiced bigint NOT NULL, won bigint NOT NULL, lines bigint NOT NULL,
  warned bigint NOT NULL, late boolean NOT NULL, holds boolean NOT NULL, next_at bigint NOT NULL, made_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, UNIQUE (supplier_id, code)
);
CREATE INDEX deal_supplier ON deal (supplier_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_registrant ON deal (registrant_id, registrant_lane, registrant_due, id);
CREATE INDEX deal_fulfiller ON deal (fulfiller_id, registrant_lane, registrant_due, id) WHERE fulfiller_id <> '';
CREATE INDEX deal_partner ON deal (supplier_id, registrant_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_earning ON deal (supplier_id, registrant_id) WHERE decision IN ('protected', 'expired', 'registered', 'won');
CREATE INDEX deal_fulfilled ON deal (supplier_id, fulfiller_id) WHERE decision IN ('protected', 'expired', 'registered', 'won');
CREATE INDEX deal_tender ON deal (supplier_id, tender) WHERE tender <> '';
CREATE INDEX deal_counting ON deal (partnership_id) WHERE counting;
CREATE INDEX deal_block ON deal (supplier_id, block, registrant_lane) WHERE block <> '';
CREATE INDEX deal_next ON deal (next_at, id) WHERE next_at > 0;
CREATE UNIQUE INDEX deal_external ON deal (registrant_id, external) WHERE external <> '';
CREATE UNIQUE INDEX deal_offer ON deal (offer_id) WHERE offer_id <> '';
CREATE TABLE deal_key (
  supplier_id text NOT NULL, kind text NOT NULL, value text NOT NULL, live boolean NOT NULL, deal_id text NOT NULL REFERENCES deal(id), PRIMARY KEY (supplier_id, kind, value, live, deal_id)
);
CREATE INDEX deal_key_deal ON deal_key (deal_id);
CREATE TABLE deal_similar (
  deal_id text NOT NULL REFERENCES deal(id), other_id text NOT NULL REFERENCES deal(id), supplier_id text NOT NULL, found bigint NOT NULL, PRIMARY KEY (deal_id, other_id)
);
CREATE INDEX deal_similar_other ON deal_similar (other_id);
CREATE TABLE deal_try (
  registrant_id text NOT NULL, supplier_id text NOT NULL, kind text NOT NULL, value text NOT NULL, happened bigint NOT NULL, deal_id text NOT NULL REFERENCES deal(id), PRIMARY KEY (registrant_id, supplier_id, kind, value, happened, deal_id)
);
CREATE TABLE deal_entry (
  id text PRIMARY KEY, deal_id text NOT NULL REFERENCES deal(id), kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, was text NOT NULL, became text NOT NULL, reason text NOT NULL, note text NOT NULL, args text NOT NULL, seen text NOT NULL, happened bigint NOT NULL
);
CREATE INDEX deal_entry_deal ON deal_entry (deal_id, happened);
CREATE TABLE deal_file (
  id text PRIMARY KEY, deal_id text NOT NULL REFERENCES deal(id), org_id text NOT NULL, person_id text NOT NULL, kind text NOT NULL, name text NOT NULL, size bigint NOT NULL, mime text NOT NULL, hash text NOT NULL, note text NOT NULL, happened bigint NOT NULL
);
CREATE INDEX deal_file_deal ON deal_file (deal_id, happened);
CREATE TABLE deal_dispute (
  id text PRIMARY KEY, supplier_id text NOT NULL, claim_id text NOT NULL, holder_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, reason text NOT NULL, text text NOT NULL, decider_id text NOT NULL,
  due_start bigint NOT NULL, due_half bigint NOT NULL, due_most bigint NOT NULL, due bigint NOT NULL, ruling text NOT NULL, percent bigint NOT NULL, note text NOT NULL, opened bigint NOT NULL, ruled bigint NOT NULL, ruled_by text NOT NULL
);
CREATE INDEX deal_dispute_claim ON deal_dispute (claim_id) WHERE claim_id <> '';
CREATE INDEX deal_dispute_holder ON deal_dispute (holder_id) WHERE holder_id <> '';
CREATE INDEX deal_dispute_open ON deal_dispute (supplier_id, due) WHERE ruling = '';
CREATE TABLE deal_line (
  order_id text NOT NULL, line bigint NOT NULL, deal_id text NOT NULL REFERENCES deal(id), supplier_id text NOT NULL, number text NOT NULL, basis text NOT NULL, sku text NOT NULL, ordered bigint NOT NULL, open bigint NOT NULL, invoiced bigint NOT NULL,
  amount bigint NOT NULL, value bigint NOT NULL, counts boolean NOT NULL, why text NOT NULL, happened bigint NOT NULL, PRIMARY KEY (order_id, line, deal_id)
);
CREATE INDEX deal_line_deal ON deal_line (deal_id, happened);
CREATE TABLE deal_terms (
  org_id text PRIMARY KEY REFERENCES org(id), body text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
CREATE TABLE deal_place (
  partnership_id text PRIMARY KEY REFERENCES partnership(id), supplier_id text NOT NULL, reseller_id text NOT NULL, tier text NOT NULL, countries text NOT NULL, families text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
CREATE INDEX deal_place_supplier ON deal_place (supplier_id);
CREATE TABLE deal_search (
  deal_id text PRIMARY KEY, words tsvector NOT NULL
);
CREATE INDEX deal_search_words ON deal_search USING gin (words);
