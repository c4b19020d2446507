package identity

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

var folder = cases.Fold()

// letters are folded where taking accents off is not enough; both ways of writing an
// umlaut (ü, ue) give the plain vowel, since both are in use for the same company.
var letters = strings.NewReplacer(
	"ß", "ss", "æ", "a", "œ", "o", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ħ", "h", "ŋ", "n",
	"&", " ", "+", " ",
)

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// FoldName writes a company's name as keys compare it: lower case without accents,
// legal form, punctuation and spaces; Chinese in simplified characters without the
// legal form, a place in brackets moved to the front. A name that is nothing but a
// legal form keeps it. Empty for a name without letters and digits.
func FoldName(name string) string {
	s := norm.NFKC.String(name)
	if strings.ContainsFunc(s, han) {
		return foldHan(s)
	}
	s = strip(folder.String(s))
	words := strings.FieldsFunc(dotless(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	kept := withoutForms(words)
	kept = slices.DeleteFunc(kept, func(w string) bool { return slices.Contains(fillers, w) })
	if len(kept) == 0 {
		kept = words
	}
	return umlauts.Replace(strings.Join(kept, ""))
}

// strip takes accents off.
func strip(s string) string {
	s = letters.Replace(s)
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		if !unicode.Is(unicode.Mn, r) {
			b.WriteRune(r)
		}
	}
	return norm.NFC.String(b.String())
}

// dotless joins what dots, slashes and apostrophes take apart within a word: "s.r.o.",
// "a/s", "o'neill".
func dotless(s string) string {
	return strings.NewReplacer(". ", " ", ".", "", "/", "", "'", "", "’", "", "`", "").Replace(s + " ")
}

var fillers = []string{"the", "and", "und", "et", "y", "e", "og", "och", "ja", "of", "co"}

// withoutForms takes legal forms off the end and the front (OÜ Baltic Trade), as often
// as they stand there.
func withoutForms(words []string) []string {
	for again := true; again && len(words) > 0; {
		again = false
		for n := min(4, len(words)); n > 0 && !again; n-- {
			if forms[strings.Join(words[len(words)-n:], " ")] {
				words, again = words[:len(words)-n], true
			}
		}
		for n := min(4, len(words)); n > 0 && !again; n-- {
			if fronts[strings.Join(words[:n], " ")] {
				words, again = words[n:], true
			}
		}
	}
	return words
}

func set(words ...string) map[string]bool {
	out := map[string]bool{}
	for _, w := range words {
		out[w] = true
	}
	return out
}

// forms are legal forms that end a name, written as the folding leaves them.
var forms = set(
	"ltd", "limited", "plc", "llp", "lp", "cic", "ltd co", "co ltd", "company limited", "public limited company", "private limited", "pvt ltd", "pte ltd", "pty ltd", "pte", "pty", "pvt",
	"inc", "incorporated", "corp", "corporation", "company", "llc", "pllc", "pc", "co",
	"gmbh", "mbh", "gmbh co kg", "gmbh co", "gmbh co ohg", "ag", "ag co kg", "kg", "kgaa", "ohg", "gbr", "ug", "ug haftungsbeschrankt", "haftungsbeschrankt", "ek", "ekfm", "se", "se co kg", "eg", "gesmbh", "ges mbh", "gesellschaft mit beschrankter haftung", "aktiengesellschaft",
	"sa", "sas", "sasu", "sarl", "eurl", "snc", "sca", "societe anonyme", "spa", "srl", "srls", "sapa", "ss", "societa per azioni",
	"sl", "slu", "sau", "sociedad limitada", "sociedad anonima", "lda", "ltda", "sgps",
	"bv", "nv", "vof", "cv", "bvba", "sprl", "as", "asa", "aps", "ab", "publ", "ab publ", "hb", "oy", "oyj", "ky", "tmi", "ou", "osauhing", "aktsiaselts", "fie", "tu", "uu",
	"sia", "uab", "mb", "ik", "sp z oo", "spzoo", "sp zoo", "sp z o o", "spolka z oo", "sp k", "sp j", "sro", "as", "ks", "vos", "kft", "zrt", "nyrt", "bt", "rt", "doo", "dd", "ad", "ood", "eood", "ead", "srl", "pfa", "ooo", "oao", "zao", "pao", "tov",
	"as", "sti", "ltd sti", "kk", "gk", "kabushiki kaisha", "sdn bhd", "bhd", "pt", "tbk", "jsc", "jscb", "fze", "fzc", "fzco", "dmcc", "wll", "group", "holding", "holdings", "gruppe",
)

// fronts are legal forms that begin a name.
var fronts = set("ou", "as", "sia", "uab", "ab", "mb", "fie", "pt", "ooo", "oao", "zao", "pao", "tov", "osauhing", "aktsiaselts", "sc", "sp", "cv")

func han(r rune) bool { return unicode.Is(unicode.Han, r) }

// hanForms are Chinese and Japanese legal forms, the longer ones first.
var hanForms = []string{
	"集团股份有限责任公司", "集团股份有限公司", "集团有限责任公司", "股份有限责任公司", "集团有限公司", "股份有限公司", "有限责任公司", "集团公司", "合伙企业", "普通合伙", "有限合伙", "特殊普通合伙",
	"有限公司", "股份公司", "总公司", "分公司", "个体工商户", "经营部", "株式会社", "有限会社", "合同会社", "合资会社", "公司", "集团",
}

func foldHan(s string) string {
	s = simplified.Replace(strip(folder.String(s)))
	var place, b strings.Builder
	depth := 0
	for _, r := range s {
		switch {
		case r == '(' || r == '[' || r == '【' || r == '〔':
			depth++
		case r == ')' || r == ']' || r == '】' || r == '〕':
			depth = max(0, depth-1)
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		case depth > 0:
			place.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	body, whole := b.String(), b.String()
	for again := true; again; {
		again = false
		for _, f := range hanForms {
			if t, ok := strings.CutSuffix(body, f); ok && t != "" {
				body, again = t, true
			}
			if t, ok := strings.CutPrefix(body, f); ok && t != "" && strings.HasSuffix(f, "会社") {
				body, again = t, true
			}
		}
	}
	if body == "" {
		body = whole
	}
	in := place.String()
	for _, f := range hanForms {
		in = strings.ReplaceAll(in, f, "")
	}
	for _, suffix := range []string{"特别行政区", "省", "市", "县", "区"} {
		if t, ok := strings.CutSuffix(in, suffix); ok && len([]rune(t)) >= 2 {
			in = t
		}
	}
	return trimPlace(in) + trimPlace(body)
}

// trimPlace writes "上海市华东五金" as "上海华东五金": the word for city or province
// after a place of two or three characters at the front.
func trimPlace(s string) string {
	rs := []rune(s)
	for i := 2; i <= 3 && i < len(rs)-1; i++ {
		if rs[i] == '市' || rs[i] == '省' {
			return string(rs[:i]) + trimPlace(string(rs[i+1:]))
		}
	}
	return s
}

// simplified turns the traditional characters common in company names into simplified
// ones; others stay, so that a rare name meets its twin by another key.
var simplified = strings.NewReplacer(pairs(
	"國国電电東东華华業业機机貿贸發发廣广灣湾聯联團团產产實实經经銷销設设備备鋼钢鐵铁氣气車车長长門门龍龙馬马藥药學学會会資资責责達达運运進进際际書书圖图萬万億亿豐丰寶宝興兴榮荣慶庆麗丽島岛濟济陽阳蘇苏瀋沈",
	"網网絡络線线術术軟软體体開开關关動动務务質质環环節节創创樂乐優优價价傳传儀仪億亿協协區区單单號号員员園园場场塑塑報报壓压專专導导層层廠厂廳厅強强後后徑径從从應应戰战據据數数時时晉晋曉晓標标樣样橋桥檢检歐欧歷历歸归殼壳氫氢決决沖冲況况淨净滿满漢汉潤润澤泽濱滨災灾無无煉炼營营爾尔狀状獎奖獨独現现瑪玛畫画異异療疗盤盘礎础禮礼種种積积穩稳窯窑競竞筆笔範范築筑糧粮純纯紙纸紡纺級级組组細细絲丝統统維维綠绿緊紧綜综緣缘縣县總总績绩織织繼继續续罐罐義义習习聖圣聲声職职臨临興兴艙舱艱艰芻刍萊莱葉叶蓋盖蘭兰處处虛虚蝕蚀衛卫裝装製制複复見见規规視视覺觉親亲觀观計计訂订訊讯記记訓训設设許许訴诉診诊評评詞词試试詩诗話话該该詳详誠诚語语誤误說说誰谁課课調调談谈請请諾诺謀谋證证識识譜谱譽誉讀读變变讓让豬猪負负財财貢贡貨货販贩貫贯貴贵買买費费貼贴賀贺賓宾賢贤賣卖賞赏賦赋賴赖賽赛贊赞跡迹軌轨軍军軒轩軸轴較较載载輔辅輕轻輝辉輪轮輸输轉转辦办農农連连週周遊游過过遠远適适選选還还邊边鄉乡鄭郑釀酿釋释針针釣钓鈣钙鈦钛鈴铃鉛铅銀银銅铜鋁铝鋅锌鋒锋鋪铺錄录錢钱錦锦鍋锅鍛锻鍵键鎂镁鎖锁鎢钨鎮镇鏈链鏡镜鑄铸鑫鑫鑰钥鑽钻閃闪閉闭間间閣阁閥阀閩闽陳陈陸陆陰阴隊队隨随險险隻只雙双雜杂雞鸡離离難难雲云霧雾靈灵靜静響响頁页頂顶項项順顺須须預预領领頭头頻频題题額额顏颜願愿類类顧顾顯显風风飛飞飯饭飲饮飾饰養养餐餐館馆駐驻駕驾騰腾驅驱驗验驚惊魯鲁魚鱼鮮鲜鳥鸟鳳凤鴻鸿鵬鹏鷹鹰鹽盐麥麦黃黄點点齊齐齒齿廬庐瀘泸衝冲鋸锯鉗钳鑿凿",
)...)

// pairs splits "國国電电" into old and new.
func pairs(lists ...string) []string {
	var out []string
	for _, l := range lists {
		for _, r := range l {
			out = append(out, string(r))
		}
	}
	return out
}

// Readable says that a text shows what it holds: no control characters (line breaks and
// tabs only where lines are allowed), nothing that turns the direction of writing
// around or has no width, no replacement character.
func Readable(s string, lines bool) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		switch {
		case lines && (r == '\n' || r == '\r' || r == '\t'):
			return false
		case r == 0x200C || r == 0x200D || r == 0xAD: // joiners, which some scripts need, and soft hyphens
			return false
		}
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar
	})
}
