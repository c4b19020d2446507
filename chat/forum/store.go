package forum

import (
	"context"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"entente/db"
	"entente/db/search"
	"entente/prm/fault"
)

type categoryRow struct {
	ID      string `gorm:"primaryKey"`
	OwnerID string
	Name    string
	About   string
	Open    int64
	Closed  int64
	Made    int64
	MadeBy  string
}

func (categoryRow) TableName() string { return "forum_category" }

type seatRow struct {
	CategoryID string `gorm:"primaryKey"`
	OrgID      string `gorm:"primaryKey"`
	MayReply   int64
	MayCreate  int64
	Agreed     int64 // when, 0 = not
	AgreedBy   string
	Added      int64
	ByTier     int64 // 1: it was not chosen by name, and only its consent is kept
}

func (seatRow) TableName() string { return "forum_seat" }

type topicRow struct {
	ID         string `gorm:"primaryKey"`
	CategoryID string
	Kind       string
	OrgID      string
	PersonID   string
	ClientKey  string
	Title      string
	Body       string
	Tags       string // " a b ", each between blanks
	State      string
	Survey     string // JSON list of Asked
	Accepted   string
	Replies    int64
	Active     int64
	Made       int64
	Edited     int64
	Removed    int64
	RemovedBy  string
	Nda        int64
	Moved      int64 // into this category; 0: it was made here
}

func (topicRow) TableName() string { return "forum_topic" }

type postRow struct {
	ID        string `gorm:"primaryKey"`
	TopicID   string
	OrgID     string
	PersonID  string
	ClientKey string
	Body      string
	Made      int64
	Edited    int64
	Removed   int64
	RemovedBy string
	Via       string
}

func (postRow) TableName() string { return "forum_post" }

type voteRow struct {
	TopicID  string `gorm:"primaryKey"`
	PostID   string `gorm:"primaryKey"` // "" = the topic itself
	PersonID string `gorm:"primaryKey"`
	OrgID    string
	Made     int64
}

func (voteRow) TableName() string { return "forum_vote" }

type watchRow struct {
	TopicID  string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	OrgID    string `gorm:"primaryKey"`
	Level    string
	Seen     int64 // the topic's activity up to which it was read
}

func (watchRow) TableName() string { return "forum_watch" }

type flagRow struct {
	ID         string `gorm:"primaryKey"`
	CategoryID string
	TopicID    string
	PostID     string
	OrgID      string
	PersonID   string
	Reason     string
	State      string
	Made       int64
	Decided    int64
	DecidedBy  string
}

func (flagRow) TableName() string { return "forum_flag" }

type ballotRow struct {
	TopicID  string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	OrgID    string
	Choices  string // JSON list of option numbers
	Made     int64
}

func (ballotRow) TableName() string { return "forum_ballot" }

var found = search.Index{Table: "forum_search", Key: "topic_id"}

// seatOf is a category with the seat of a company; NotFound where it has none.
func seatOf(ctx context.Context, id CategoryID, org string) (categoryRow, seatRow, error) {
	var c categoryRow
	var s seatRow
	if err := db.Tx(ctx).Where("id = ?", string(id)).Take(&c).Error; err != nil {
		return c, s, db.Translate(err)
	}
	seats, err := seatsAt(ctx, org, []string{string(id)})
	if err != nil {
		return c, s, err
	}
	s, there := seats[string(id)]
	if !there { // in no way other than for a category that does not exist
		return c, s, db.Translate(gorm.ErrRecordNotFound)
	}
	return c, s, nil
}

type seated struct {
	Category  categoryRow `gorm:"embedded"`
	MayReply  int64
	MayCreate int64
	Agreed    int64
	Fresh     int64
}

func categoriesOf(ctx context.Context, org, person string) ([]seated, error) {
	var rows []seated
	seats, args := seatsOf(ctx, org)
	err := db.Tx(ctx).Raw(`SELECT c.*, s.may_reply, s.may_create, s.agreed,
		(SELECT COUNT(*) FROM forum_topic t JOIN forum_watch w ON w.topic_id = t.id AND w.person_id = ? AND w.org_id = ? WHERE t.category_id = c.id AND w.level = 'watching' AND w.seen < t.active AND t.removed = 0 AND `+cleared("t", "w.person_id", "w.org_id")+`) AS fresh
		FROM forum_category c JOIN `+seats+` s ON s.category_id = c.id ORDER BY c.name, c.id LIMIT 200`, append([]any{person, org}, args...)...).Scan(&rows).Error
	return rows, err
}

func categoriesAt(ctx context.Context, ids []string) ([]categoryRow, error) {
	var rows []categoryRow
	if len(ids) == 0 {
		return nil, nil
	}
	err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error
	return rows, err
}

func seatsIn(ctx context.Context, ids []string) (map[string][]seatRow, error) {
	var rows []seatRow
	if len(ids) == 0 {
		return nil, nil
	}
	err := db.Tx(ctx).Where("category_id IN ?", ids).Order("category_id, org_id").Find(&rows).Error
	out := map[string][]seatRow{}
	for _, r := range rows {
		out[r.CategoryID] = append(out[r.CategoryID], r)
	}
	return out, err
}

func insertCategory(ctx context.Context, c categoryRow) error { return db.Tx(ctx).Create(&c).Error }

func updateCategory(ctx context.Context, c categoryRow) error {
	return db.Tx(ctx).Model(&categoryRow{}).Where("id = ? AND owner_id = ?", c.ID, c.OwnerID).UpdateColumns(map[string]any{"name": c.Name, "about": c.About, "open": c.Open, "closed": c.Closed}).Error
}

// putSeat adds a seat or changes what it may; its consent stays.
func putSeat(ctx context.Context, s seatRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "category_id"}, {Name: "org_id"}}, DoUpdates: clause.AssignmentColumns([]string{"may_reply", "may_create", "by_tier"})}).Create(&s).Error
}

func dropSeat(ctx context.Context, id, org string) error {
	return db.Tx(ctx).Where("category_id = ? AND org_id = ?", id, org).Delete(&seatRow{}).Error
}

// forgetAgreed takes back the consents of all companies but the owner.
func forgetAgreed(ctx context.Context, id, owner string) error {
	return db.Tx(ctx).Model(&seatRow{}).Where("category_id = ? AND org_id <> ?", id, owner).UpdateColumns(map[string]any{"agreed": 0, "agreed_by": ""}).Error
}

// quietSeats makes the seats of a company in the categories of another read only.
func quietSeats(ctx context.Context, owner, org string) error {
	return db.Tx(ctx).Exec("UPDATE forum_seat SET may_reply = 0, may_create = 0 WHERE org_id = ? AND category_id IN (SELECT id FROM forum_category WHERE owner_id = ?)", org, owner).Error
}

func readTopic(ctx context.Context, id TopicID) (topicRow, error) {
	var t topicRow
	err := db.Tx(ctx).Where("id = ?", string(id)).Take(&t).Error
	return t, db.Translate(err)
}

func readPost(ctx context.Context, topic TopicID, id PostID) (postRow, error) {
	var p postRow
	err := db.Tx(ctx).Where("id = ? AND topic_id = ?", string(id), string(topic)).Take(&p).Error
	return p, db.Translate(err)
}

// lockTopic takes the lock of a topic's row.
func lockTopic(ctx context.Context, id TopicID) (topicRow, error) {
	n, err := db.Exec(ctx, "UPDATE forum_topic SET replies = replies WHERE id = ?", string(id))
	if err == nil && n == 0 {
		err = notFound()
	}
	if err != nil {
		return topicRow{}, err
	}
	return readTopic(ctx, id)
}

func topicByKey(ctx context.Context, person, key string) (topicRow, bool, error) {
	var rows []topicRow
	err := db.Tx(ctx).Where("person_id = ? AND client_key = ?", person, key).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return topicRow{}, false, err
	}
	return rows[0], true, nil
}

func postByKey(ctx context.Context, person, key string) (postRow, bool, error) {
	var rows []postRow
	err := db.Tx(ctx).Where("person_id = ? AND client_key = ?", person, key).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return postRow{}, false, err
	}
	return rows[0], true, nil
}

func insertTopic(ctx context.Context, t topicRow) error { return db.Tx(ctx).Create(&t).Error }
func insertPost(ctx context.Context, p postRow) error   { return db.Tx(ctx).Create(&p).Error }

func setTopic(ctx context.Context, id string, values map[string]any) error {
	return db.Tx(ctx).Model(&topicRow{}).Where("id = ?", id).UpdateColumns(values).Error
}

func setPost(ctx context.Context, id string, values map[string]any) error {
	return db.Tx(ctx).Model(&postRow{}).Where("id = ?", id).UpdateColumns(values).Error
}

type listedRow struct {
	Topic topicRow `gorm:"embedded"`
	Level *string
	Seen  *int64
}

// open narrows a query of forum_topic to what somebody may read: topics of categories in
// which the company has a seat, and which it entered where they are open.
func open(ctx context.Context, q *gorm.DB, org, person string) *gorm.DB {
	seats, args := seatsOf(ctx, org)
	return q.Joins("JOIN "+seats+" s ON s.category_id = forum_topic.category_id", args...).
		Joins("JOIN forum_category c ON c.id = forum_topic.category_id AND (c.open = 0 OR s.agreed > 0)").
		Where("forum_topic.removed = 0").Where(cleared("forum_topic", "?", "?"), person, org, person, org)
}

// listed is open with how the person stands to each topic.
func listed(ctx context.Context, org, person string) *gorm.DB {
	return open(ctx, db.Tx(ctx).Table("forum_topic"), org, person).Select("forum_topic.*, w.level AS level, w.seen AS seen").
		Joins("LEFT JOIN forum_watch w ON w.topic_id = forum_topic.id AND w.person_id = ? AND w.org_id = ?", person, org)
}

// likeWord bounds the topics that are looked at for a word.
const likeWord = 500

// likeTopics are topics with some of some words, those with most of them first; with less
// than half as many as the first one has, a topic is not like it.
func likeTopics(ctx context.Context, org, person string, words []string, limit int) ([]listedRow, error) {
	d := db.DialectOf(ctx)
	m := found.Terms(d, words, likeWord)
	hits := open(ctx, db.Tx(ctx).Table("("+m.SQL+") k"+search.In(d, "forum_topic forum_topic", "forum_topic.id = k.topic_id"), m.Args...), org, person).
		Select("forum_topic.id, forum_topic.active, COUNT(*) OVER (PARTITION BY k.word) AS often")
	var like []struct {
		ID string
		N  int
	}
	if err := db.Tx(ctx).Table("(?) h", hits).Select("id, COUNT(*) AS n").Group("id, active").Order("n DESC, SUM(1000000 / often) DESC, active DESC, id DESC").Limit(limit).Scan(&like).Error; err != nil || len(like) == 0 {
		return nil, err
	}
	at := map[string]int{}
	for i, l := range like {
		if l.N*2 >= like[0].N {
			at[l.ID] = i
		}
	}
	var rows []listedRow
	err := listed(ctx, org, person).Where("forum_topic.id IN ?", slices.Collect(maps.Keys(at))).Scan(&rows).Error
	slices.SortFunc(rows, func(a, b listedRow) int { return at[a.Topic.ID] - at[b.Topic.ID] })
	return rows, err
}

// listTopics are a part of the topics that somebody may read, the latest first.
func listTopics(ctx context.Context, org, person string, f Filter, limit int) ([]listedRow, error) {
	q := listed(ctx, org, person)
	if f.Category != "" {
		q = q.Where("forum_topic.category_id = ?", string(f.Category))
	}
	if f.Kind != "" {
		q = q.Where("forum_topic.kind = ?", string(f.Kind))
	}
	if f.State != "" {
		q = q.Where("forum_topic.state = ?", string(f.State))
	}
	if f.Tag != "" {
		q = q.Where(`forum_topic.tags LIKE ? ESCAPE '\'`, "% "+db.Literal(f.Tag)+" %")
	}
	if f.Watched {
		q = q.Where("w.level = ?", Watching)
	}
	if f.Query != "" {
		m, ok := found.Query(db.DialectOf(ctx), f.Query)
		if !ok {
			return nil, nil
		}
		q = q.Where("forum_topic.id IN ("+m.SQL+")", m.Args...)
	}
	if f.After != "" {
		at, id, ok := db.ReadCursor(f.After)
		if !ok {
			return nil, fault.InvalidField("after", "form.cursor_wrong")
		}
		q = q.Where("forum_topic.active < ? OR forum_topic.active = ? AND forum_topic.id < ?", at, at, id)
	}
	var rows []listedRow
	err := q.Order("forum_topic.active DESC, forum_topic.id DESC").Limit(limit).Scan(&rows).Error
	return rows, err
}

type accepterRow struct {
	CategoryID, OrgID, PersonID string
	N                           int64
}

// accepters are who wrote accepted answers to questions that somebody may read, by category.
func accepters(ctx context.Context, org, person string, f Filter) ([]accepterRow, error) {
	q := open(ctx, db.Tx(ctx).Table("forum_topic"), org, person).Select("forum_topic.category_id, p.org_id, p.person_id, COUNT(*) AS n").
		Joins("JOIN forum_post p ON p.topic_id = forum_topic.id AND p.id = forum_topic.accepted AND p.removed = 0").
		Where("forum_topic.accepted <> ''")
	if f.Category != "" {
		q = q.Where("forum_topic.category_id = ?", string(f.Category))
	}
	if f.Tag != "" {
		q = q.Where(`forum_topic.tags LIKE ? ESCAPE '\'`, "% "+db.Literal(f.Tag)+" %")
	}
	if f.Query != "" {
		m, ok := found.Query(db.DialectOf(ctx), f.Query)
		if !ok {
			return nil, nil
		}
		q = q.Where("forum_topic.id IN ("+m.SQL+")", m.Args...)
	}
	var rows []accepterRow
	err := q.Group("forum_topic.category_id, p.org_id, p.person_id").Order("n DESC, p.person_id").Limit(500).Scan(&rows).Error
	return rows, err
}

func watchOf(ctx context.Context, id TopicID, person, org string) (watchRow, error) {
	var rows []watchRow
	err := db.Tx(ctx).Where("topic_id = ? AND person_id = ? AND org_id = ?", string(id), person, org).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return watchRow{}, err
	}
	return rows[0], nil
}

// putWatch sets the level and how far was read; the mark never moves back. An empty level
// leaves what is there.
func putWatch(ctx context.Context, w watchRow) error {
	later := gorm.Expr("CASE WHEN forum_watch.seen < ? THEN ? ELSE forum_watch.seen END", w.Seen, w.Seen)
	set := map[string]any{"seen": later}
	if w.Level != "" {
		set["level"] = w.Level
	}
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "topic_id"}, {Name: "person_id"}, {Name: "org_id"}}, DoUpdates: clause.Assignments(set)}).Create(&w).Error
}

func dropWatch(ctx context.Context, id TopicID, person, org string) error {
	return db.Tx(ctx).Model(&watchRow{}).Where("topic_id = ? AND person_id = ? AND org_id = ?", string(id), person, org).UpdateColumn("level", "").Error
}

// watchers are who wants to be told of a topic and still has a seat; given are the tiers that
// the owner gives, by company.
func watchers(ctx context.Context, id TopicID, given map[string]string) ([]watchRow, error) {
	var rows []watchRow
	by := map[string][]string{}
	for org, tier := range given {
		by[tier] = append(by[tier], org)
	}
	sql, args := "s.by_tier = 0", []any(nil)
	for _, tier := range slices.Sorted(maps.Keys(by)) {
		if tier != "" {
			sql += " OR COALESCE(s.by_tier, 1) = 1 AND forum_watch.org_id IN ? AND EXISTS (SELECT 1 FROM forum_tier ft WHERE ft.category_id = t.category_id AND ft.tier = ?)"
			args = append(args, by[tier], tier)
		}
	}
	err := db.Tx(ctx).Table("forum_watch").Select("forum_watch.*").Joins("JOIN forum_topic t ON t.id = forum_watch.topic_id").
		Joins("LEFT JOIN forum_seat s ON s.category_id = t.category_id AND s.org_id = forum_watch.org_id").Joins("JOIN forum_category c ON c.id = t.category_id AND (c.open = 0 OR s.agreed > 0)").Where("("+sql+")", args...).
		Where("forum_watch.topic_id = ? AND forum_watch.level = ?", string(id), Watching).Where(cleared("t", "forum_watch.person_id", "forum_watch.org_id")).Order("forum_watch.org_id, forum_watch.person_id").Limit(2000).Scan(&rows).Error
	return rows, err
}

func postsOf(ctx context.Context, id TopicID, after string, limit int) ([]postRow, error) {
	q := db.Tx(ctx).Where("topic_id = ?", string(id))
	if after != "" {
		at, last, ok := db.ReadCursor(after)
		if !ok {
			return nil, fault.InvalidField("after", "form.cursor_wrong")
		}
		q = q.Where("made > ? OR made = ? AND id > ?", at, at, last)
	}
	var rows []postRow
	err := q.Order("made, id").Limit(limit).Find(&rows).Error
	return rows, err
}

func vote(ctx context.Context, v voteRow) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&v).Error
}

func unvote(ctx context.Context, topic TopicID, post PostID, person string) error {
	return db.Tx(ctx).Where("topic_id = ? AND post_id = ? AND person_id = ?", string(topic), string(post), person).Delete(&voteRow{}).Error
}

type tally struct {
	TopicID, PostID string
	N, Mine         int64
}

// tallies counts the votes of topics, with posts of them; "" is the topic itself.
func tallies(ctx context.Context, topics, posts []string, person string) (map[string]tally, error) {
	out := map[string]tally{}
	if len(topics) == 0 {
		return out, nil
	}
	var rows []tally
	err := db.Tx(ctx).Raw("SELECT topic_id, post_id, COUNT(*) AS n, SUM(CASE WHEN person_id = ? THEN 1 ELSE 0 END) AS mine FROM forum_vote WHERE topic_id IN ? AND post_id IN ? GROUP BY topic_id, post_id", person, topics, posts).Scan(&rows).Error
	for _, r := range rows {
		out[r.TopicID+"/"+r.PostID] = r
	}
	return out, err
}

// insertFlag keeps a report; fresh is false where the person had reported it before.
func insertFlag(ctx context.Context, f flagRow) (fresh bool, err error) {
	got := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&f)
	return got.RowsAffected == 1, got.Error
}

func openFlags(ctx context.Context, owner string) ([]flagRow, error) {
	var rows []flagRow
	err := db.Tx(ctx).Table("forum_flag").Select("forum_flag.*").Joins("JOIN forum_category c ON c.id = forum_flag.category_id AND c.owner_id = ?", owner).
		Where("forum_flag.state = 'open'").Order("forum_flag.made, forum_flag.id").Limit(200).Scan(&rows).Error
	return rows, err
}

func readFlag(ctx context.Context, id FlagID, owner string) (flagRow, error) {
	var f flagRow
	err := db.Tx(ctx).Table("forum_flag").Select("forum_flag.*").Joins("JOIN forum_category c ON c.id = forum_flag.category_id AND c.owner_id = ?", owner).Where("forum_flag.id = ?", string(id)).Take(&f).Error
	return f, db.Translate(err)
}

// decideFlags settles all open flags of a topic or post, and says how many.
func decideFlags(ctx context.Context, f flagRow, state, person string) (int64, error) {
	return db.Exec(ctx, "UPDATE forum_flag SET state = ?, decided = ?, decided_by = ? WHERE topic_id = ? AND post_id = ? AND state = 'open'", state, db.Micros(db.Now(ctx)), person, f.TopicID, f.PostID)
}

func putBallot(ctx context.Context, b ballotRow) (bool, error) {
	n, err := db.Exec(ctx, "INSERT INTO forum_ballot (topic_id, person_id, org_id, choices, made) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", b.TopicID, b.PersonID, b.OrgID, b.Choices, b.Made)
	return n == 1, err
}

func lastBallot(ctx context.Context, id TopicID) (at int64, err error) {
	_, err = db.Row(ctx, "SELECT COALESCE(MAX(made), 0) FROM forum_ballot WHERE topic_id = ?", []any{string(id)}, &at)
	return at, err
}

func voted(ctx context.Context, id TopicID, person string) (bool, error) {
	var n int64
	err := db.Tx(ctx).Model(&ballotRow{}).Where("topic_id = ? AND person_id = ?", string(id), person).Count(&n).Error
	return n > 0, err
}

func ballots(ctx context.Context, id TopicID) ([]string, error) {
	var out []string
	err := db.Tx(ctx).Model(&ballotRow{}).Where("topic_id = ?", string(id)).Order("made, person_id").Pluck("choices", &out).Error
	return out, err
}

// titlesOf are topics by id, for the moderation list.
func titlesOf(ctx context.Context, ids []string) (map[string]topicRow, error) {
	var rows []topicRow
	out := map[string]topicRow{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

func bodiesOf(ctx context.Context, ids []string) (map[string]postRow, error) {
	var rows []postRow
	out := map[string]postRow{}
	if len(ids) == 0 {
		return out, nil
	}
	err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

func tagsIn(s string) []string { return strings.Fields(s) }
