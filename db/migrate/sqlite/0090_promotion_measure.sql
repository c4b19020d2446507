-- +goose Up
-- What a promotion added at a company with many order lines, as it was last measured.
CREATE TABLE promotion_measure (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), org_id TEXT NOT NULL REFERENCES org(id), version INTEGER NOT NULL, stamp TEXT NOT NULL, made INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (promotion_id, org_id)
);
