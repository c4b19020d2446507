package letter

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// maxLines of a text are looked at.
const maxLines = 5000

// Mark stands at both ends of the line above which an answer is written: it is found in
// whatever way a mail program quotes.
const Mark = "##"

// markLine is such a line, with words of any language between.
var markLine = regexp.MustCompile(`^[\s>|*]*##- .{1,200} -##\s*\**\s*$`)

// MarkLine is the line of our mails above which an answer is written.
func MarkLine(said string) string { return Mark + "- " + said + " -" + Mark }

const headerNames = `sent|date|to|cc|subject|reply-to|importance|attachments|发送时间|发送日期|日期|时间|收件人|抄送|抄送人|主题|標題|主旨|收件者|副本|寄件日期|傳送時間|寄件時間|gesendet|datum|an|betreff|envoyé|date|à|objet|enviado|enviado el|fecha|para|asunto|inviato|oggetto|送信日時|宛先|件名`

var (
	// what programs write between an answer and the mail it answers
	separator = regexp.MustCompile(`(?i)^[\s*]*[-_—–=]{2,}\s*(original message|original appointment|forwarded message|forwarded mail|replied message|reply message|原始邮件|原始郵件|原始訊息|原邮件|邮件原件|邮件原文|转发邮件|转发的邮件|轉寄的郵件|回复的原邮件|回复邮件|回复的邮件|ursprüngliche nachricht|message d'origine|message original|mensaje original|messaggio originale|oorspronkelijk bericht|元のメッセージ)\s*[-_—–=]{2,}[\s*]*$`)
	// "On Sun, 22 Nov 2026 at 17:05, Aurelia <x@y> wrote:" and the like
	saidDE    = regexp.MustCompile(`(?i)^[\s*]*(am|op|den|på)\s.*\s(schrieb|schreef|skrev)\s.{1,200}[:：]\s*$`)
	saidEnd   = regexp.MustCompile(`(?i)(wrote|writes|schrieb|schreibt|a écrit|escribió|ha scritto|schreef|skrev|napisał\(a\)|escreveu|写道|寫道|写到|写入|来信)\s*[:：]\s*\**\s*$`)
	dateFirst = regexp.MustCompile(`^\d{4}\s*[-/.年]\s*\d{1,2}`)
	dated     = regexp.MustCompile(`\d{1,2}[:：]\d{2}|\d{4}\s*[-/.年]\s*\d{1,2}|\d{1,2}[./]\s?\d{1,2}[./]\s?\d{2,4}|<?[^\s<>@]+@[^\s<>@]+>?`)
	// the head of a quoted mail without any other sign: Outlook, QQ, 163
	headFrom = regexp.MustCompile(`(?i)^[\s*|]*(from|发件人|發件人|寄件者|寄件人|von|de|da|van|差出人)[\s*|]*[:：|].*\S`)
	headNext = regexp.MustCompile(`(?i)^[\s*|]*(` + headerNames + `)[\s*|]*[:：|]`)

	quoted = regexp.MustCompile(`^[ \t]{0,3}>`)
	rule   = regexp.MustCompile(`^[\s*]*([-_=—–*]\s?){5,}$`)
	// what programs and phones put under every mail
	sentFrom = regexp.MustCompile(`(?i)^[\s*-]*(sent from (my|mail|outlook|yahoo|samsung|gmail|the |a |an |huawei|xiaomi|proton|blackberry|foxmail|mailmaster|netease|wechat|icloud).{0,80}|sent (via|with|by) (my |proton|mobile|blackberry|the samsung).{0,80}|get outlook for (ios|android|mac).{0,80}|发自我的.{1,60}|發自我的.{1,60}|从我的.{1,40}(发送|寄出)|從我的.{1,40}(傳送|寄出)|发送自.{1,60}|来自我的.{1,40}|来自.{0,20}(QQ邮箱|邮箱大师|网易邮箱|手机|iPhone|Outlook).{0,40}|获取\s*(适用于)?.{0,20}outlook.{0,60}|取得.{0,20}outlook.{0,60}|下载\s*outlook.{0,60}|由网易邮箱大师定制|网易邮箱大师|von meinem .{1,30} gesendet|gesendet (mit|von) .{1,40}|envoyé (de|depuis) mon .{1,30}|enviado desde (mi|mi) .{1,30}|inviato da .{1,30}|iPhoneから送信)[\s*]*$`)
	blanks   = regexp.MustCompile(`\n([ \t]*\n){2,}`)
)

// Typed is what the writer of a mail typed: without what is quoted, signatures and the
// lines that programs add. Where an answer stands under or between quoted lines, what is
// left is the answer.
func Typed(text string) string {
	lines := strings.SplitN(text, "\n", maxLines+1)
	lines = lines[:min(len(lines), maxLines)] // what stands below is quoted, or too long to be posted
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
		if strings.HasSuffix(lines[i], "--") && strings.TrimSpace(lines[i]) == "--" {
			lines[i] = "--"
		}
	}
	var out []string
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if quoted.MatchString(l) {
			continue
		}
		if markLine.MatchString(l) || separator.MatchString(l) || headOf(lines[i:]) {
			break
		}
		if n := attribution(lines[i:]); n > 0 {
			i += n - 1
			if next := following(lines[i+1:]); next != "" && quoted.MatchString(next) {
				continue // the quoted lines say so themselves; an answer may stand below
			}
			break
		}
		out = append(out, l)
	}
	out = unsigned(out)
	return strings.TrimSpace(blanks.ReplaceAllString(strings.Join(out, "\n"), "\n\n"))
}

// following is the next line that is not empty.
func following(lines []string) string {
	for _, l := range lines {
		if l != "" {
			return l
		}
	}
	return ""
}

// attribution says of how many lines the sentence is, at their beginning, that tells who
// wrote what follows; 0 for none. Programs break it.
func attribution(lines []string) int {
	if lines[0] == "" {
		return 0
	}
	said := ""
	for n := 1; n <= 3 && n <= len(lines) && lines[n-1] != ""; n++ {
		said = strings.TrimSpace(said + " " + lines[n-1])
		if utf8.RuneCountInString(said) > 400 {
			return 0
		}
		if saidEnd.MatchString(said) || saidDE.MatchString(said) {
			if dated.MatchString(said) && begun(lines[0]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// begun says that a line can be the first of such a sentence, and is none that somebody
// typed.
func begun(l string) bool {
	l = strings.ToLower(strings.TrimLeft(l, " *\"“"))
	for _, w := range []string{"on ", "am ", "le ", "el ", "il ", "op ", "den ", "på ", "at ", "em ", "在", "于", "於"} {
		if strings.HasPrefix(l, w) {
			return dated.MatchString(l)
		}
	}
	return strings.Contains(l, "@") || dateFirst.MatchString(l)
}

// headOf says that the head of a quoted mail begins here: From and two more of its lines.
func headOf(lines []string) bool {
	if !headFrom.MatchString(lines[0]) {
		return false
	}
	more := 0
	for i := 1; i < len(lines) && i < 9 && more < 2; i++ {
		if headNext.MatchString(lines[i]) {
			more++
		}
	}
	return more == 2
}

// unsigned takes away the signature (RFC 3676 section 4.3), and what programs add at the
// end.
func unsigned(lines []string) []string {
	said := false
	for i, l := range lines {
		if l == "--" && said {
			lines = lines[:i]
			break
		}
		said = said || l != ""
	}
	for len(lines) > 0 {
		l := lines[len(lines)-1]
		if l == "|" { // 163 on a phone draws the signature as a table
			for i := len(lines) - 2; i >= 0 && i > len(lines)-10; i-- {
				if lines[i] == "| |" {
					lines = lines[:i+1]
					break
				}
			}
			lines = lines[:len(lines)-1]
			continue
		}
		if strings.TrimSpace(l) != "" && l != "--" && !rule.MatchString(l) && !sentFrom.MatchString(l) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return lines
}

// unflow joins the lines of a text that was broken to be joined (RFC 3676 section 4).
func unflow(text string, delsp bool) string {
	var out []string
	var line strings.Builder // the one that goes on
	open, depth := false, -1 // nothing has begun
	for l := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		body := strings.TrimLeft(l, ">")
		d := len(l) - len(body)
		body = strings.TrimPrefix(body, " ")
		flows := strings.HasSuffix(body, " ") && body != "-- "
		joins := open && d == depth && body != "-- "
		if flows && delsp {
			body = body[:len(body)-1]
		}
		if !joins {
			if depth >= 0 {
				out = append(out, line.String())
				line.Reset()
			}
			if d > 0 {
				line.WriteString(strings.Repeat(">", d) + " ")
			}
		}
		line.WriteString(body)
		open, depth = flows, d
	}
	return strings.Join(append(out, line.String()), "\n")
}
