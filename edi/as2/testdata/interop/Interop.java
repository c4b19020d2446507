// A second opinion on our S/MIME: does with BouncyCastle what each line of the file
// named says (words parted by tabs), and fails loudly.
import java.io.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import javax.crypto.spec.*;
import java.util.*;
import javax.mail.internet.*;
import org.bouncycastle.asn1.*;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cert.jcajce.*;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.mail.smime.*;
import org.bouncycastle.operator.jcajce.*;
import org.bouncycastle.util.Store;

public class Interop {
    static X509Certificate cert;
    static PrivateKey key;

    static final Map<String, ASN1ObjectIdentifier> CIPHERS = Map.of(
        "3des", CMSAlgorithm.DES_EDE3_CBC, "aes128-cbc", CMSAlgorithm.AES128_CBC, "aes192-cbc", CMSAlgorithm.AES192_CBC, "aes256-cbc", CMSAlgorithm.AES256_CBC,
        "aes128-gcm", CMSAlgorithm.AES128_GCM, "aes192-gcm", CMSAlgorithm.AES192_GCM, "aes256-gcm", CMSAlgorithm.AES256_GCM);

    static byte[] read(String f) throws IOException { return Files.readAllBytes(Path.of(f)); }
    static void write(String f, byte[] b) throws IOException { Files.write(Path.of(f), b); }

    public static void main(String[] a) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        cert = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(read(a[0])));
        key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(read(a[1])));
        for (String line : Files.readAllLines(Path.of(a[2]))) {
            String[] w = line.split("\t");
            try {
                one(w);
            } catch (Exception e) {
                System.err.println("FAILED: " + line);
                e.printStackTrace();
                System.exit(1);
            }
        }
    }

    static SignerInfoGenerator signer(String algorithm) throws Exception {
        return new JcaSimpleSignerInfoGeneratorBuilder().setProvider("BC").build(algorithm, key, cert);
    }

    static void check(SignerInformationStore signers) throws Exception {
        if (signers.size() != 1) throw new Exception(signers.size() + " signers");
        for (SignerInformation s : signers) {
            if (!s.verify(new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(cert.getPublicKey()))) throw new Exception("does not verify");
        }
    }

    static OutputEncryptorOf encryptor(String cipher) { return new OutputEncryptorOf(cipher); }

    record OutputEncryptorOf(String cipher) {
        org.bouncycastle.operator.OutputEncryptor plain() throws Exception { return new JceCMSContentEncryptorBuilder(CIPHERS.get(cipher)).setProvider("BC").build(); }
        org.bouncycastle.operator.OutputAEADEncryptor aead() throws Exception { return (org.bouncycastle.operator.OutputAEADEncryptor) plain(); }
    }

    static RecipientInfoGenerator recipient(String transport) throws Exception {
        if (transport.equals("pkcs1")) return new JceKeyTransRecipientInfoGenerator(cert).setProvider("BC");
        OAEPParameterSpec p = new OAEPParameterSpec(transport, "MGF1", new java.security.spec.MGF1ParameterSpec(transport), PSource.PSpecified.DEFAULT);
        AlgorithmIdentifier id = new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP, p);
        return new JceKeyTransRecipientInfoGenerator(cert, id).setProvider("BC");
    }

    static byte[] content(RecipientInformationStore rs) throws Exception {
        RecipientInformation r = rs.get(new JceKeyTransRecipientId(cert));
        if (r == null) throw new Exception("not for this certificate");
        return r.getContent(new JceKeyTransEnvelopedRecipient(key).setProvider("BC"));
    }

    static void one(String[] w) throws Exception {
        switch (w[0]) {
        case "sign": { // algorithm in out
            CMSSignedDataGenerator g = new CMSSignedDataGenerator();
            g.addSignerInfoGenerator(signer(w[1]));
            g.addCertificate(new JcaX509CertificateHolder(cert));
            write(w[3], g.generate(new CMSProcessableByteArray(read(w[2])), false).getEncoded());
            break;
        }
        case "verify": // content signature
            check(new CMSSignedData(new CMSProcessableByteArray(read(w[1])), read(w[2])).getSignerInfos());
            break;
        case "encrypt": { // cipher transport in out; in BER with pieces
            boolean aead = w[1].endsWith("gcm");
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            if (aead) {
                CMSAuthEnvelopedDataGenerator g = new CMSAuthEnvelopedDataGenerator();
                g.addRecipientInfoGenerator(recipient(w[2]));
                out.write(g.generate(new CMSProcessableByteArray(read(w[3])), encryptor(w[1]).aead()).getEncoded());
            } else {
                CMSEnvelopedDataStreamGenerator g = new CMSEnvelopedDataStreamGenerator();
                g.addRecipientInfoGenerator(recipient(w[2]));
                try (OutputStream o = g.open(out, encryptor(w[1]).plain())) { o.write(read(w[3])); }
            }
            write(w[4], out.toByteArray());
            break;
        }
        case "decrypt": { // cipher in out
            if (w[1].endsWith("gcm")) {
                RecipientInformationStore rs = new CMSAuthEnvelopedData(read(w[2])).getRecipientInfos();
                RecipientInformation r = rs.get(new JceKeyTransRecipientId(cert));
                write(w[3], r.getContent(new JceKeyTransAuthEnvelopedRecipient(key).setProvider("BC")));
            } else {
                write(w[3], content(new CMSEnvelopedData(read(w[2])).getRecipientInfos()));
            }
            break;
        }
        case "compress": { // in out; in BER with pieces
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (OutputStream o = new CMSCompressedDataStreamGenerator().open(out, new ZlibCompressor())) { o.write(read(w[1])); }
            write(w[2], out.toByteArray());
            break;
        }
        case "uncompress": // in out
            write(w[2], new CMSCompressedData(read(w[1])).getContent(new ZlibExpanderProvider()));
            break;
        case "pack": { // cipher order algorithm in out: a whole S/MIME entity by BouncyCastle's mail package
            MimeBodyPart p = new MimeBodyPart(new InternetHeaders(), Base64.getMimeEncoder().encode(read(w[4])));
            p.setHeader("Content-Type", "application/edifact");
            p.setHeader("Content-Transfer-Encoding", "base64");
            p.setHeader("Content-Disposition", "attachment; filename=\"orders.edi\"");
            byte[] raw = bytes(p);
            p = new MimeBodyPart(new ByteArrayInputStream(raw));
            if (w[2].equals("before")) p = new SMIMECompressedGenerator().generate(p, new ZlibCompressor());
            SMIMESignedGenerator s = new SMIMESignedGenerator();
            s.addSignerInfoGenerator(signer(w[3]));
            MimeBodyPart signed = new MimeBodyPart();
            MimeMultipart mm = s.generate(p);
            signed.setContent(mm);
            signed.setHeader("Content-Type", mm.getContentType());
            p = signed;
            if (w[2].equals("after")) p = new SMIMECompressedGenerator().generate(p, new ZlibCompressor());
            if (!w[1].equals("none")) {
                SMIMEEnvelopedGenerator e = new SMIMEEnvelopedGenerator();
                e.addRecipientInfoGenerator(recipient("pkcs1"));
                p = e.generate(p, encryptor(w[1]).plain());
            }
            write(w[5], bytes(p));
            break;
        }
        case "open": { // order in out: an entity of ours, signed or encrypted outside
            MimeBodyPart p = new MimeBodyPart(new ByteArrayInputStream(read(w[2])));
            while (true) {
                String type = p.getContentType().toLowerCase();
                if (type.contains("multipart/signed")) {
                    SMIMESigned s = new SMIMESigned((MimeMultipart) p.getContent());
                    check(s.getSignerInfos());
                    p = s.getContent();
                } else if (type.contains("enveloped-data")) {
                    p = SMIMEUtil.toMimeBodyPart(content(new SMIMEEnveloped(p).getRecipientInfos()));
                } else if (type.contains("compressed-data")) {
                    p = SMIMEUtil.toMimeBodyPart(new SMIMECompressed(p).getContent(new ZlibExpanderProvider()));
                } else {
                    break;
                }
            }
            write(w[3], p.getInputStream().readAllBytes());
            break;
        }
        case "store": { // password out: the key store of BouncyCastle
            KeyStore ks = KeyStore.getInstance(w[1], "BC");
            ks.load(null, null);
            ks.setKeyEntry("key", key, w[2].toCharArray(), new java.security.cert.Certificate[] { cert });
            try (OutputStream o = Files.newOutputStream(Path.of(w[3]))) { ks.store(o, w[2].toCharArray()); }
            break;
        }
        default:
            throw new Exception("unknown: " + w[0]);
        }
    }

    static byte[] bytes(MimeBodyPart p) throws Exception {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        p.writeTo(o);
        return o.toByteArray();
    }
}
