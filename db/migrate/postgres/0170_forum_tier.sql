-- +goose Up
-- Categories of the forum by tier: whoever has the tier with the owner is in, for as long as it has it. A seat by tier holds only the consent to be named.
CREATE TABLE forum_tier (
  category_id TEXT NOT NULL REFERENCES forum_category(id), tier TEXT NOT NULL, may_reply BIGINT NOT NULL, may_create BIGINT NOT NULL, PRIMARY KEY (category_id, tier)
);
ALTER TABLE forum_seat ADD COLUMN by_tier BIGINT NOT NULL DEFAULT 0;
