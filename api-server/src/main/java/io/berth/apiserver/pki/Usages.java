package io.berth.apiserver.pki;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.jspecify.annotations.Nullable;

/** What keys are used for, by the names of the API. */
public final class Usages {
  private static final Map<String, Integer> KEY =
      Map.ofEntries(
          Map.entry("signing", KeyUsage.digitalSignature),
          Map.entry("digital signature", KeyUsage.digitalSignature),
          Map.entry("content commitment", KeyUsage.nonRepudiation),
          Map.entry("key encipherment", KeyUsage.keyEncipherment),
          Map.entry("key agreement", KeyUsage.keyAgreement),
          Map.entry("data encipherment", KeyUsage.dataEncipherment),
          Map.entry("cert sign", KeyUsage.keyCertSign),
          Map.entry("crl sign", KeyUsage.cRLSign),
          Map.entry("encipher only", KeyUsage.encipherOnly),
          Map.entry("decipher only", KeyUsage.decipherOnly));
  private static final Map<String, KeyPurposeId> EXTENDED =
      Map.ofEntries(
          Map.entry("any", KeyPurposeId.anyExtendedKeyUsage),
          Map.entry("server auth", KeyPurposeId.id_kp_serverAuth),
          Map.entry("client auth", KeyPurposeId.id_kp_clientAuth),
          Map.entry("code signing", KeyPurposeId.id_kp_codeSigning),
          Map.entry("email protection", KeyPurposeId.id_kp_emailProtection),
          Map.entry("s/mime", KeyPurposeId.id_kp_emailProtection),
          Map.entry("ipsec end system", KeyPurposeId.id_kp_ipsecEndSystem),
          Map.entry("ipsec tunnel", KeyPurposeId.id_kp_ipsecTunnel),
          Map.entry("ipsec user", KeyPurposeId.id_kp_ipsecUser),
          Map.entry("timestamping", KeyPurposeId.id_kp_timeStamping),
          Map.entry("ocsp signing", KeyPurposeId.id_kp_OCSPSigning));

  /** Known to the API, though no certificate is given for them. */
  private static final List<String> OTHERS = List.of("microsoft sgc", "netscape sgc");

  private Usages() {}

  /** All names. */
  public static SortedSet<String> all() {
    SortedSet<String> all = new TreeSet<>(KEY.keySet());
    all.addAll(EXTENDED.keySet());
    all.addAll(OTHERS);
    return all;
  }

  /** Null where none is named: an extension without any would forbid all. */
  static @Nullable KeyUsage key(List<String> usages) {
    int bits = 0;
    for (String usage : usages) {
      bits |= KEY.getOrDefault(usage, 0);
    }
    return bits == 0 ? null : new KeyUsage(bits);
  }

  static List<KeyPurposeId> extended(List<String> usages) {
    List<KeyPurposeId> purposes = new ArrayList<>();
    for (String usage : usages) {
      KeyPurposeId purpose = EXTENDED.get(usage);
      if (purpose != null && !purposes.contains(purpose)) {
        purposes.add(purpose);
      }
    }
    return purposes;
  }
}
