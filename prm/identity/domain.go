package identity

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// mailKey is the domain of a mail address.
func mailKey(s string) (key, problem string) {
	s = narrow(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 {
		return "", "identity.mail_wrong"
	}
	return domainKey(s[at+1:])
}

// domainKey is the registrable domain of a host or address (the name one can buy, by
// the public suffix list), in ASCII; empty without a problem for shared hosts.
func domainKey(s string) (key, problem string) {
	host := hostOf(s)
	if host == "" {
		return "", "identity.web_wrong"
	}
	ascii, err := idna.Lookup.ToASCII(host)
	if err != nil {
		return "", "identity.web_wrong"
	}
	if _, err := netip.ParseAddr(ascii); err == nil {
		return "", "" // an address names a machine, not a company
	}
	if !strings.Contains(ascii, ".") || len(ascii) > 253 {
		return "", "identity.web_wrong"
	}
	if shared(ascii) {
		return "", ""
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(ascii)
	if err != nil { // it is a public suffix itself
		return "", "identity.web_wrong"
	}
	return d, ""
}

// hostOf finds the host in "https://www.example.com:8080/shop", "example.com" …
func hostOf(s string) string {
	s = strings.ToLower(narrow(strings.TrimSpace(s)))
	s = strings.ReplaceAll(s, "。", ".")
	if s == "" || strings.ContainsAny(s, " \t\r\n") {
		return ""
	}
	if !strings.Contains(s, "://") {
		s = "http://" + strings.TrimPrefix(s, "//")
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.Trim(u.Hostname(), ".")
}

// shared says that a host belongs to a provider whose customers are many companies:
// public mail, shops in a market, social networks, site builders.
func shared(host string) bool {
	return slices.ContainsFunc(sharedHosts, func(d string) bool {
		return host == d || strings.HasSuffix(host, "."+d)
	})
}

var sharedHosts = []string{
	// public mail
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "hotmail.co.uk", "hotmail.de", "hotmail.fr", "live.com", "live.co.uk", "msn.com", "yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr",
	"yahoo.com.cn", "yahoo.cn", "ymail.com", "rocketmail.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de",
	"mail.com", "mail.ru", "inbox.ru", "bk.ru", "list.ru", "yandex.ru", "yandex.com", "ya.ru", "rambler.ru", "ukr.net", "proton.me", "protonmail.com", "protonmail.ch", "tutanota.com", "tuta.com", "fastmail.com", "hey.com", "zoho.com",
	"qq.com", "foxmail.com", "163.com", "126.com", "yeah.net", "188.com", "vip.163.com", "sina.com", "sina.cn", "sina.com.cn", "sohu.com", "tom.com", "21cn.com", "139.com", "189.cn", "wo.cn", "aliyun.com", "263.net",
	"orange.fr", "wanadoo.fr", "free.fr", "laposte.net", "sfr.fr", "libero.it", "tiscali.it", "virgilio.it", "tin.it", "telefonica.net", "btinternet.com", "sky.com", "virginmedia.com", "talktalk.net", "ntlworld.com", "blueyonder.co.uk",
	"comcast.net", "verizon.net", "att.net", "sbcglobal.net", "cox.net", "charter.net", "bellsouth.net", "rogers.com", "shaw.ca", "bigpond.com", "optusnet.com.au", "naver.com", "daum.net", "hanmail.net",
	"online.ee", "hot.ee", "mail.ee", "inbox.lv", "apollo.lv", "one.lt", "inbox.lt", "gmail.lt", "wp.pl", "o2.pl", "onet.pl", "interia.pl", "op.pl", "seznam.cz", "centrum.cz", "email.cz", "abv.bg", "freemail.hu", "citromail.hu", "luukku.com", "telia.com", "bredband.net", "online.no", "mailinator.com", "guerrillamail.com", "yopmail.com",
	// markets, networks, builders
	"1688.com", "alibaba.com", "taobao.com", "tmall.com", "jd.com", "pinduoduo.com", "made-in-china.com", "weidian.com", "weixin.qq.com", "amazon.com", "amazon.co.uk", "amazon.de", "ebay.com", "ebay.co.uk", "etsy.com",
	"facebook.com", "instagram.com", "linkedin.com", "twitter.com", "x.com", "youtube.com", "tiktok.com", "douyin.com", "weibo.com", "wixsite.com", "wordpress.com", "weebly.com", "jimdosite.com", "sites.google.com", "google.com", "linktr.ee", "github.com",
}
