package customer

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"gorm.io/gorm"

	"entente/db"
	"entente/db/search"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/identity"
)

var found = search.Index{Table: "customer_search", Key: "customer_id"}

type customerRow struct {
	OrgID                                                                                string `gorm:"primaryKey"`
	ID                                                                                   string `gorm:"primaryKey"`
	Name, Country, City, Street, Postcode, TaxID, Gln, Duns, Web, Note, External, Sorted string
	Block, State, IntoID, MadeBy                                                         string
	Created                                                                              int64 `gorm:"autoCreateTime:false"`
	Changed, Version                                                                     int64
}

func (customerRow) TableName() string { return "customer" }

func rowOf(c Customer) customerRow {
	return customerRow{OrgID: c.Org, ID: string(c.ID), Name: c.Name, Country: c.Country, City: c.City, Street: c.Street, Postcode: c.Postcode, TaxID: c.TaxID, Gln: c.GLN, Duns: c.DUNS, Web: c.Web,
		Note: c.Note, External: c.External, Sorted: strings.ToLower(c.Name), Block: identity.Block(c.Facts()), State: c.State, IntoID: string(c.Into), MadeBy: c.MadeBy,
		Created: db.Micros(c.Created), Changed: db.Micros(c.Changed), Version: c.Version}
}

func (r customerRow) customer() Customer {
	return Customer{ID: ID(r.ID), Org: r.OrgID, State: r.State, Into: ID(r.IntoID), MadeBy: r.MadeBy, Created: db.FromMicros(r.Created), Changed: db.FromMicros(r.Changed), Version: r.Version,
		Draft: Draft{Name: r.Name, Country: r.Country, City: r.City, Street: r.Street, Postcode: r.Postcode, TaxID: r.TaxID, GLN: r.Gln, DUNS: r.Duns, Web: r.Web, Note: r.Note, External: r.External}}
}

type keyRow struct {
	OrgID      string `gorm:"primaryKey"`
	Kind       string `gorm:"primaryKey"`
	Value      string `gorm:"primaryKey"`
	CustomerID string `gorm:"primaryKey"`
}

func (keyRow) TableName() string { return "customer_key" }

type contactRow struct {
	OrgID                    string `gorm:"primaryKey"`
	ID                       string `gorm:"primaryKey"`
	CustomerID               string
	Name, Title, Mail, Phone string
	MayContact, MayShare     bool
	Basis                    string
	Given                    int64
	Withdrawn                int64
	GivenBy                  string
	Created                  int64 `gorm:"autoCreateTime:false"`
	Changed, Version         int64
}

func (contactRow) TableName() string { return "contact" }

func contactRowOf(c Contact) contactRow {
	return contactRow{OrgID: c.Org, ID: string(c.ID), CustomerID: string(c.Customer), Name: c.Name, Title: c.Title, Mail: c.Mail, Phone: c.Phone, MayContact: c.Consent.Contact, MayShare: c.Consent.Share,
		Basis: c.Consent.Basis, Given: db.Micros(c.Consent.Given), Withdrawn: db.Micros(c.Consent.Withdrawn), GivenBy: c.Consent.By, Created: db.Micros(c.Created), Changed: db.Micros(c.Changed), Version: c.Version}
}

func (r contactRow) contact() Contact {
	return Contact{ID: ContactID(r.ID), Customer: ID(r.CustomerID), Org: r.OrgID, ContactDraft: ContactDraft{Name: r.Name, Title: r.Title, Mail: r.Mail, Phone: r.Phone},
		Consent: Consent{Contact: r.MayContact, Share: r.MayShare, Basis: r.Basis, Given: db.FromMicros(r.Given), By: r.GivenBy, Withdrawn: db.FromMicros(r.Withdrawn)},
		Created: db.FromMicros(r.Created), Changed: db.FromMicros(r.Changed), Version: r.Version}
}

type mergeRow struct {
	OrgID    string `gorm:"primaryKey"`
	ID       string `gorm:"primaryKey"`
	WinnerID string
	LoserID  string
	Before   string
	MadeBy   string
	Made     int64
	Undone   int64
}

func (mergeRow) TableName() string { return "customer_merge" }

func (r mergeRow) merge() Merge {
	return Merge{ID: MergeID(r.ID), Winner: ID(r.WinnerID), Loser: ID(r.LoserID), MadeBy: r.MadeBy, Made: db.FromMicros(r.Made), Undone: db.FromMicros(r.Undone)}
}

func insertCustomer(ctx context.Context, c Customer) error {
	r := rowOf(c)
	return db.Tx(ctx).Create(&r).Error
}

// updateCustomer writes the row if it still has the version of c.
func updateCustomer(ctx context.Context, c Customer) (bool, error) {
	r := rowOf(c)
	res := db.Tx(ctx).Model(&customerRow{}).Where("org_id = ? AND id = ? AND version = ?", c.Org, string(c.ID), c.Version).Updates(map[string]any{
		"name": r.Name, "country": r.Country, "city": r.City, "street": r.Street, "postcode": r.Postcode, "tax_id": r.TaxID, "gln": r.Gln, "duns": r.Duns, "web": r.Web, "note": r.Note, "external": r.External,
		"sorted": r.Sorted, "block": r.Block, "state": r.State, "into_id": r.IntoID, "changed": r.Changed, "version": c.Version + 1,
	})
	return res.RowsAffected == 1, res.Error
}

func customerByID(ctx context.Context, org string, id ID) (Customer, bool, error) {
	m, err := customersByID(ctx, org, []ID{id})
	c, ok := m[id]
	return c, ok, err
}

func customersByID(ctx context.Context, org string, ids []ID) (map[ID]Customer, error) {
	out := map[ID]Customer{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []customerRow
	err := db.Tx(ctx).Where("org_id = ? AND id IN ?", org, ids).Find(&rows).Error
	for _, r := range rows {
		out[ID(r.ID)] = r.customer()
	}
	return out, err
}

func externalHolder(ctx context.Context, org, external string) (ID, error) {
	if external == "" {
		return "", nil
	}
	var ids []string
	err := db.Tx(ctx).Model(&customerRow{}).Where("org_id = ? AND external = ? AND state = ?", org, external, Active).Limit(1).Pluck("id", &ids).Error
	if len(ids) == 0 {
		return "", err
	}
	return ID(ids[0]), err
}

func freeExternal(ctx context.Context, org, external string, except ID) error {
	id, err := externalHolder(ctx, org, external)
	if err == nil && id != "" && id != except {
		err = fault.New(fault.Conflict, "customer.external_taken", "Number", external, "Customer", string(id))
	}
	return err
}

// saveKeys replaces the keys of a customer.
func saveKeys(ctx context.Context, org string, id ID, keys []identity.Key) error {
	if err := db.Tx(ctx).Where("org_id = ? AND customer_id = ?", org, string(id)).Delete(&keyRow{}).Error; err != nil || len(keys) == 0 {
		return err
	}
	rows := make([]keyRow, len(keys))
	for i, k := range keys {
		rows[i] = keyRow{org, string(k.Kind), k.Value, string(id)}
	}
	return db.Tx(ctx).Create(&rows).Error
}

// keysOf are the keys of customers, the strongest first.
func keysOf(ctx context.Context, org string, ids ...ID) (map[ID][]identity.Key, error) {
	out := map[ID][]identity.Key{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []keyRow
	if err := db.Tx(ctx).Where("org_id = ? AND customer_id IN ?", org, ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[ID(r.CustomerID)] = append(out[ID(r.CustomerID)], identity.Key{Kind: identity.Kind(r.Kind), Value: r.Value})
	}
	for _, ks := range out {
		sortKeys(ks)
	}
	return out, nil
}

func sortKeys(ks []identity.Key) {
	slices.SortFunc(ks, func(a, b identity.Key) int {
		if c := slices.Index(identity.Kinds, a.Kind) - slices.Index(identity.Kinds, b.Kind); c != 0 {
			return c
		}
		return strings.Compare(a.Value, b.Value)
	})
}

// holders are the standing customers that hold any of the keys, with those they hold.
func holders(ctx context.Context, org string, keys []identity.Key) (map[ID][]identity.Key, error) {
	out := map[ID][]identity.Key{}
	if len(keys) == 0 {
		return out, nil
	}
	parts, args := make([]string, len(keys)), make([]any, 0, 5*len(keys))
	for i, k := range keys { // each from its range of the index, however many hold another
		parts[i] = "SELECT * FROM (SELECT CAST(? AS INTEGER) AS at, x.customer_id FROM customer_key x JOIN customer c ON c.org_id = x.org_id AND c.id = x.customer_id AND c.state = ? WHERE x.org_id = ? AND x.kind = ? AND x.value = ? LIMIT 100) k"
		args = append(args, i, string(Active), org, string(k.Kind), k.Value)
	}
	var rows []struct {
		At         int
		CustomerID string
	}
	if err := db.Tx(ctx).Raw(strings.Join(parts, " UNION ALL "), args...).Scan(&rows).Error; err != nil {
		return nil, err
	}
	slices.SortStableFunc(rows, func(a, b struct {
		At         int
		CustomerID string
	}) int {
		return a.At - b.At
	})
	for _, r := range rows { // keys come strongest first
		out[ID(r.CustomerID)] = append(out[ID(r.CustomerID)], keys[r.At])
	}
	return out, nil
}

// inBlock are the names of the standing customers of one place.
func inBlock(ctx context.Context, org, block string, limit int) (map[ID]string, error) {
	out := map[ID]string{}
	if block == "" {
		return out, nil
	}
	var rows []struct{ ID, Name string }
	err := db.Tx(ctx).Model(&customerRow{}).Select("id", "name").Where("org_id = ? AND block = ? AND state = ?", org, block, Active).Limit(limit).Scan(&rows).Error
	for _, r := range rows {
		out[ID(r.ID)] = r.Name
	}
	return out, err
}

// list reads one page by (sorted, id).
func list(ctx context.Context, scope access.Scope, f Filter) (Page, error) {
	by, none := found.Sieves(db.DialectOf(ctx), "customer.id", f.Query)
	if none {
		return Page{}, nil // nothing in it that could be found
	}
	var after []any
	if f.After != "" {
		b, err := base64.RawURLEncoding.DecodeString(f.After)
		name, id, ok := strings.Cut(string(b), "\x00")
		if err != nil || !ok || !db.ValidID(id) {
			return Page{}, fault.InvalidField("after", "form.cursor")
		}
		after = []any{name, id}
	}
	rows, err := search.Sift[customerRow](ctx, search.List{Table: "customer", At: "sorted", Up: true, After: after, Where: func(tx *gorm.DB) *gorm.DB {
		return tx.Where("org_id = ? AND state = ?", scope.Org(), Active)
	}}, by, f.Limit+1)
	if err != nil {
		return Page{}, err
	}
	var out Page
	if len(rows) > f.Limit {
		rows = rows[:f.Limit]
		last := rows[f.Limit-1]
		out.Next = base64.RawURLEncoding.EncodeToString([]byte(last.Sorted + "\x00" + last.ID))
	}
	for _, r := range rows {
		out.Items = append(out.Items, r.customer())
	}
	return out, nil
}

// contactsOf are the contacts of customers by name.
func contactsOf(ctx context.Context, org string, ids ...ID) (map[ID][]Contact, error) {
	out := map[ID][]Contact{}
	if len(ids) == 0 {
		return out, nil
	}
	var rows []contactRow
	if err := db.Tx(ctx).Where("org_id = ? AND customer_id IN ?", org, ids).Order("name, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[ID(r.CustomerID)] = append(out[ID(r.CustomerID)], r.contact())
	}
	return out, nil
}

func contactByID(ctx context.Context, org string, id ContactID) (Contact, bool, error) {
	var rows []contactRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Contact{}, false, err
	}
	return rows[0].contact(), true, nil
}

// contactsAt are the contacts of a company at an address, whatever its case.
func contactsAt(ctx context.Context, org, address string) ([]Contact, error) {
	var rows []contactRow
	err := db.Tx(ctx).Where("org_id = ? AND LOWER(mail) = LOWER(?)", org, address).Order("id").Find(&rows).Error
	out := make([]Contact, len(rows))
	for i, r := range rows {
		out[i] = r.contact()
	}
	return out, err
}

func insertContact(ctx context.Context, c Contact) error {
	r := contactRowOf(c)
	return db.Tx(ctx).Create(&r).Error
}

func updateContact(ctx context.Context, c Contact) (bool, error) {
	r := contactRowOf(c)
	res := db.Tx(ctx).Model(&contactRow{}).Where("org_id = ? AND id = ? AND version = ?", c.Org, string(c.ID), c.Version).Updates(map[string]any{
		"name": r.Name, "title": r.Title, "mail": r.Mail, "phone": r.Phone, "may_contact": r.MayContact, "may_share": r.MayShare, "basis": r.Basis, "given": r.Given, "given_by": r.GivenBy, "withdrawn": r.Withdrawn,
		"changed": r.Changed, "version": c.Version + 1,
	})
	return res.RowsAffected == 1, res.Error
}

func deleteContact(ctx context.Context, org string, customer ID, id ContactID) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ? AND customer_id = ? AND id = ?", org, string(customer), string(id)).Delete(&contactRow{})
	return res.RowsAffected > 0, res.Error
}

// moveContacts moves contacts from one customer to another, all or those named, and
// says which moved.
func moveContacts(ctx context.Context, org string, from, to ID, only []ContactID) ([]ContactID, error) {
	tx := db.Tx(ctx).Model(&contactRow{}).Where("org_id = ? AND customer_id = ?", org, string(from))
	if only != nil {
		tx = tx.Where("id IN ?", append([]ContactID{""}, only...))
	}
	var ids []ContactID
	if err := tx.Order("id").Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
		return ids, err
	}
	return ids, db.Tx(ctx).Model(&contactRow{}).Where("org_id = ? AND id IN ?", org, ids).Updates(map[string]any{"customer_id": string(to)}).Error
}

func insertMerge(ctx context.Context, org string, m Merge, text string) error {
	return db.Tx(ctx).Create(&mergeRow{OrgID: org, ID: string(m.ID), WinnerID: string(m.Winner), LoserID: string(m.Loser), Before: text, MadeBy: m.MadeBy, Made: db.Micros(m.Made)}).Error
}

func mergeByID(ctx context.Context, org string, id MergeID) (Merge, string, bool, error) {
	var rows []mergeRow
	err := db.Tx(ctx).Where("org_id = ? AND id = ?", org, string(id)).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return Merge{}, "", false, err
	}
	return rows[0].merge(), rows[0].Before, true, nil
}

// mergesOf are the standing merges into a customer, the newest first.
func mergesOf(ctx context.Context, org string, winner ID) ([]Merge, error) {
	var rows []mergeRow
	err := db.Tx(ctx).Where("org_id = ? AND winner_id = ? AND undone = 0", org, string(winner)).Order("made DESC, id DESC").Limit(100).Find(&rows).Error
	out := make([]Merge, len(rows))
	for i, r := range rows {
		out[i] = r.merge()
	}
	return out, err
}

func undoMerge(ctx context.Context, org string, id MergeID) (bool, error) {
	res := db.Tx(ctx).Model(&mergeRow{}).Where("org_id = ? AND id = ? AND undone = 0", org, string(id)).Update("undone", db.Micros(db.Now(ctx)))
	return res.RowsAffected == 1, res.Error
}
