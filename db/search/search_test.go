package search_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"entente/db"
	"entente/db/dbtest"
	"entente/db/search"
)

var orders = search.Index{Table: "quote_search", Key: "quote_id"}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"  \t ":                       "",
		"AUR-D18B":                    "aur d18b",
		"PO 4500187342":               "po 4500187342",
		"订单":                          "订单 单",
		"单":                           "单",
		"加急订单 urgent":                 "加急 急订 订单 单 urgent",
		"订单AUR123号":                   "订单 单 aur123 号",
		"ＡＢＣ１２３":                      "abc123",
		"Café Über naïve":             "cafe uber naive",
		"Ёлка Άλφα":                   "елка αλφα",
		"ドリル":                         "ドリ リル ル",
		"드릴":                          "드릴 릴",
		"same Same SAME":              "same",
		"it's \"quoted\" (a*b) OR -c": "it s quoted a b or c",
		"bad\xffutf8":                 "bad utf8",
		"nul\x00byte":                 "nul byte",
	} {
		if got := search.Words(in); got != want {
			t.Errorf("Words(%q) = %q, want %q", in, got, want)
		}
	}
	long := search.Words(strings.Repeat("x", 5000))
	if utf8.RuneCountInString(long) != 64 {
		t.Errorf("a word of %d characters is kept", utf8.RuneCountInString(long))
	}
}

func TestTelling(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		"How do I cancel an ORDER?":             "cancel order",
		"如何取消订单":                                "何取 取消 消订 订单",
		"我们的价格表怎么导入":                            "价格 格表 表怎 导入",
		"the AS2 of PO 77":                      "as2",
		"How do I":                              "how do i",
		"什么":                                    "什么",
		strings.Repeat("a1 b2 ", 9) + "abc abc": "abc",
	} {
		if got := strings.Join(search.Telling(in), " "); got != want {
			t.Errorf("Telling(%q) = %q, want %q", in, got, want)
		}
	}
	if n := len(search.Telling("abc " + "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未")); n != 16 {
		t.Errorf("%d words count", n)
	}
}

var stock = map[string][]string{
	"o1": {"4500187342", "Kestrel", "AUR-D18B Cordless drill 18 V", "加急订单"},
	"o2": {"4500187343", "Kestrel", "AUR-S7 Saw", "普通订单"},
	"o3": {"PO-77/2026", "Huadong 华东电子有限公司", "Bohrmaschine für Profis, Größe L", "OR gate NOT AND NEAR"},
}

func fill(t *testing.T, d *db.DB) {
	t.Helper()
	err := d.InTx(context.Background(), func(ctx context.Context) error {
		for id, texts := range stock {
			if err := orders.Put(ctx, id, texts...); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, d *db.DB, q string) (ids []string, ok bool) {
	t.Helper()
	err := d.View(context.Background(), func(ctx context.Context) error {
		m, has := orders.Query(db.DialectOf(ctx), q)
		if ok = has; !has {
			return nil
		}
		return db.Tx(ctx).Raw("SELECT x.quote_id FROM quote_search x WHERE x.quote_id IN ("+m.SQL+") ORDER BY 1", m.Args...).Scan(&ids).Error
	})
	if err != nil {
		t.Errorf("query %q: %v", q, err)
	}
	return ids, ok
}

func TestFind(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d)
		for q, want := range map[string][]string{
			"订单": {"o1", "o2"}, "加急订单": {"o1"}, "单": {"o1", "o2"}, "急": {"o1"}, "电子有限": {"o3"}, "司": {"o3"}, "单订": nil,
			"AUR-D18B": {"o1"}, "aur-d": {"o1"}, "aur": {"o1", "o2"}, "d18b aur": {"o1"}, "4500187342": {"o1"}, "45001873": {"o1", "o2"},
			"187342": nil, "kestrel saw": {"o2"}, "kestrel bohr": nil, "FUR": {"o3"}, "große": {"o3"}, "grosse": nil, "or": {"o3"}, "OR gate": {"o3"},
			"drill OR saw": nil, "NOT": {"o3"}, "near(": {"o3"}, "\"drill\"": {"o1"}, "drill*": {"o1"}, "dri*ll": nil, "'drill'": {"o1"}, "PO-77/2026": {"o3"}, "ｋｅｓｔｒｅｌ": {"o1", "o2"},
		} {
			if got, ok := find(t, d, q); !ok || !slices.Equal(got, want) {
				t.Errorf("%q finds %v, want %v", q, got, want)
			}
		}
	})
}

// Whatever is typed is data: no input makes an error.
func TestNeverASyntaxError(t *testing.T) {
	corpus := []string{
		"\"", "\"\"", "'", "''", "*", "**", "a*", "*a", "OR", "AND", "NOT", "NEAR", "NEAR(a b, 2)", "a OR", "OR a", "(", ")", "()", "a:b", "words:a", "order_id : x",
		"^a", "a + b", "-a", "a -b", "{a b}", "!a", "a & b", "a | b", "a <-> b", "a:*", "a:A", "\\", "a\\'b", "\\'", "%", "_", ";", "--", "/*", "*/", "?", "$1", "@x", ":x",
		"\x00", "a\x00b", "\xff\xfe", "👍", "👍 a", "١٢٣", "हिन्दी", "ไทย", "a\u0301\u0302", "ﬁ", "㎏", "½", "²", "İ", "ß", "\u202eabc", strings.Repeat("a ", 500), strings.Repeat("订", 500), strings.Repeat("\"", 300),
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d)
		for _, q := range corpus {
			find(t, d, q)
			if err := d.InTx(context.Background(), func(ctx context.Context) error { return orders.Put(ctx, "c", q) }); err != nil {
				t.Errorf("store %q: %v", q, err)
			}
			if got, ok := find(t, d, q); ok && !slices.Contains(got, "c") {
				t.Errorf("%q does not find a text made of itself, but %v", q, got)
			}
		}
		for _, q := range []string{"", " ", "\"", "*", "()", "--"} {
			if _, ok := find(t, d, q); ok {
				t.Errorf("%q holds no word and must leave the filter out", q)
			}
		}
	})
}

// Words put again replace the old ones; dropped ones are gone.
func TestPutReplaces(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d)
		err := d.InTx(context.Background(), func(ctx context.Context) error {
			if err := orders.Put(ctx, "o1", "anvil"); err != nil {
				return err
			}
			return orders.Drop(ctx, "o2")
		})
		if err != nil {
			t.Fatal(err)
		}
		for q, want := range map[string][]string{"drill": nil, "anvil": {"o1"}, "saw": nil, "kestrel": nil} {
			if got, _ := find(t, d, q); !slices.Equal(got, want) {
				t.Errorf("%q finds %v, want %v", q, got, want)
			}
		}
	})
}
