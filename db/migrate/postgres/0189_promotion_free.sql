-- +goose Up
-- Which lines are the free goods of a promotion: they are no part of what its limit counts, and those that were granted in full were counted there.
ALTER TABLE promotion_line ADD COLUMN free BIGINT NOT NULL DEFAULT 0;
UPDATE promotion_line SET free = 1 WHERE promotion_id IN (SELECT promotion_id FROM promotion_version WHERE body LIKE '%"kind":"free"%')
  AND (reason LIKE 'free%' OR allowance > 0 AND EXISTS (SELECT 1 FROM promotion_version v WHERE v.promotion_id = promotion_line.promotion_id AND v.number = promotion_line.version_no AND v.body LIKE '%"kind":"free"%'));
UPDATE promotion_seat SET taken = taken - (SELECT SUM(l.granted) FROM promotion_line l WHERE l.promotion_id = promotion_seat.promotion_id AND l.org_id = promotion_seat.org_id AND l.free = 1 AND l.reason NOT LIKE 'free%')
  WHERE EXISTS (SELECT 1 FROM promotion_line l WHERE l.promotion_id = promotion_seat.promotion_id AND l.org_id = promotion_seat.org_id AND l.free = 1 AND l.reason NOT LIKE 'free%' AND l.granted > 0);
