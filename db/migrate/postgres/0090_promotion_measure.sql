-- +goose Up
-- What a promotion added at a company with many order lines, as it was last measured.
CREATE TABLE promotion_measure (
  promotion_id text NOT NULL REFERENCES promotion(id), org_id text NOT NULL REFERENCES org(id), version bigint NOT NULL, stamp text NOT NULL, made bigint NOT NULL, content text NOT NULL, PRIMARY KEY (promotion_id, org_id)
);
