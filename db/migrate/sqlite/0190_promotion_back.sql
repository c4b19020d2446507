-- +goose Up
-- What came back late of a company: one return is taken off its promotions one after the other.
CREATE INDEX promotion_resale_back ON promotion_resale (org_id, promotion_id) WHERE basis = 'back';
