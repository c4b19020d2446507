-- +goose Up
-- Above which amount two people decide about claims on the money of promotions, and of falls of prices, in one currency.
CREATE TABLE fund_four_eyes (
  owner_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, currency TEXT NOT NULL, amount BIGINT NOT NULL, changed BIGINT NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (owner_id, kind, currency)
);
