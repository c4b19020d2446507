-- +goose Up
-- End customers of each company, their identity keys, contacts and merges.
CREATE TABLE customer (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, name text NOT NULL, country text NOT NULL, city text NOT NULL, street text NOT NULL, postcode text NOT NULL,
  tax_id text NOT NULL, gln text NOT NULL, duns text NOT NULL, web text NOT NULL, note text NOT NULL, external text NOT NULL, sorted text NOT NULL, block text NOT NULL,
  state text NOT NULL, into_id text NOT NULL, made_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX customer_sorted ON customer (org_id, state, sorted, id);
CREATE INDEX customer_block ON customer (org_id, block) WHERE block <> '';
CREATE UNIQUE INDEX customer_external ON customer (org_id, external) WHERE external <> '' AND state = 'active';
CREATE TABLE customer_key (
  org_id text NOT NULL, kind text NOT NULL, value text NOT NULL, customer_id text NOT NULL, PRIMARY KEY (org_id, kind, value, customer_id)
);
CREATE INDEX customer_key_customer ON customer_key (org_id, customer_id);
CREATE TABLE contact (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, customer_id text NOT NULL, name text NOT NULL, title text NOT NULL, mail text NOT NULL, phone text NOT NULL,
  may_contact boolean NOT NULL, may_share boolean NOT NULL, basis text NOT NULL, given bigint NOT NULL, given_by text NOT NULL,
  created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX contact_customer ON contact (org_id, customer_id);
CREATE TABLE customer_merge (
  org_id text NOT NULL REFERENCES org(id), id text NOT NULL, winner_id text NOT NULL, loser_id text NOT NULL, before text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, undone bigint NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX customer_merge_winner ON customer_merge (org_id, winner_id, made);
CREATE TABLE customer_search (
  customer_id text PRIMARY KEY, words tsvector NOT NULL
);
CREATE INDEX customer_search_words ON customer_search USING gin (words);
