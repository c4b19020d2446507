-- +goose Up
-- What a document that came after a promotion was settled changed for one company that takes part.
CREATE TABLE promotion_adjustment (
  id TEXT NOT NULL PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id),
  reason TEXT NOT NULL, document_id TEXT NOT NULL, number TEXT NOT NULL, currency TEXT NOT NULL, invoiced INTEGER NOT NULL, sold INTEGER NOT NULL, earned INTEGER NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX promotion_adjustment_made ON promotion_adjustment (promotion_id, made);
