extension NoticePhrases {
    /// How other languages say that delivery failed, or has not worked yet.
    static let languages: [(mark: Mark, phrases: [StaticString])] = [
        (
            .failure,
            [
                // German
                "nicht zugestellt werden", "nicht zustellbar", "unzustellbar", "zustellung fehlgeschlagen",
                "fehler bei der zustellung", "zustellfehler", "nicht übermittelt werden", "nicht ausgeliefert werden",
                "zustellung nicht möglich", "konnte nicht zugestellt", "empfänger nicht erreicht",
                "fehler bei der nachrichtenzustellung", "rücksendung", "konnten nicht erreicht werden",
                // French
                "pu être remis", "pu être délivré", "pu etre delivre", "pu être distribué", "pu être livré",
                "non remis",
                "non distribué", "non délivré", "échec de la remise", "échec de remise", "échec de la distribution",
                "n'est pas parvenu", "n'ont pas pu être contactés", "échec de la livraison", "impossible de remettre",
                "n'a pas pu être envoyé", "a été rejeté", "a été refusé", "n'a pas été diffusé",
                "n'a pas été distribué",
                // Spanish
                "no pudo ser entregado", "no se pudo entregar", "no se ha podido entregar", "no se puede entregar",
                "error en la entrega", "error de entrega", "no entregado", "imposible entregar",
                "no ha podido entregarse",
                "no se pudo enviar", "no se ha entregado", "ha sido devuelto", "fue devuelto", "no fue entregado",
                "fallo en la entrega", "no ha llegado a",
                // Portuguese
                "não pôde ser entregue", "nao pode ser enviada", "não pode ser entregue", "não foi possível entregar",
                "falha na entrega", "não foi entregue", "não entregue", "falha ao entregar", "não chegou a",
                "não foi possível enviar", "falha de entrega", "mensagem devolvida",
                // Italian
                "possibile recapitare", "impossibile recapitare", "mancato recapito", "non recapitato",
                "può essere consegnato", "essere recapitato", "consegna non riuscita", "mancata consegna",
                "recapito non riuscito", "è stato rifiutato dal sistema", "non è stato recapitato", "non ha raggiunto",
                "non è stato consegnato",
                // Dutch
                "niet worden bezorgd", "niet worden afgeleverd", "niet bezorgd", "onbestelbaar", "niet afgeleverd",
                "bezorging mislukt", "aflevering mislukt", "geadresseerden niet bereikt", "niet afgeleverd worden",
                // Swedish, Danish, Norwegian, Finnish
                "kunde inte levereras", "kan inte levereras", "att leverera", "det gick inte att", "kunne ikke leveres",
                "kan ikke leveres", "ikke afleveret", "ikke afleveres", "ikke levert", "kunne ikke levere",
                "leveringen mislyktes", "voitu toimittaa",
                "toimitus epäonnistui", "ei voida toimittaa", "nådde inte", "mislykkedes", "nåede ikke",
                "ei tavoittanut",
                // Polish, Czech, Slovak, Hungarian, Turkish
                "nie można dostarczyć", "nie została dostarczona", "nie dostarczono", "niedostarczona",
                "nie mogła zostać dostarczona", "nelze doručit", "nebylo možné doručit", "nedoručitelné",
                "nepodařilo doručit", "nie je možné doručiť", "kézbesíthetetlen", "nem kézbesíthető",
                "nem lehet kézbesíteni", "nem tudtuk kézbesíteni", "nem sikerült kézbesíteni", "kézbesítetlen",
                "teslim edilemedi", "iletilemedi", "teslim edilemiyor",
                "nie dotarła do", "nie powiodło się", "doručení se nezdařilo", "nebyla doručena", "ulaştırılamadı",
                // Russian, Ukrainian, Greek
                "не может быть доставлено", "не доставлено", "удалось доставить", "недоставленное",
                "не было доставлено", "не можуть бути доставлені", "не вдалося доставити", "δεν ήταν δυνατή η παράδοση",
                "αποτυχία παράδοσης", "недоставлено", "не были достигнуты", "не удалось отправить",
                // Chinese, Japanese, Korean
                "无法投递", "投递失败", "退信", "无法送达", "未能送达", "無法傳遞", "無法送達", "传递失败", "無法投遞", "寄送失敗",
                "配信できません", "配信できなかった", "送信できません", "送信できなかった", "お届けできません", "送信に失敗", "配信に失敗",
                "配信不能", "配送できません", "届けることができません", "送信エラー", "返送されました", "送信されませんでした",
                "未传递", "未送达", "未能传递", "未能将邮件传递", "无法发送", "被退回", "被退回来", "無法傳送", "傳遞失敗",
                "配信されませんでした", "届きませんでした", "配送に失敗", "전송되지 못", "전송되지 않", "배달되지 못",
                "배달하지 못", "배달되지 않은", "전송하지 못", "전송 실패", "반송",
                // Arabic, Hebrew
                "تعذر تسليم", "فشل التسليم", "לא ניתן למסור",
            ]
        ),
        (
            .delay,
            [
                "verzögert", "noch nicht zugestellt", "a été retardé", "retardée", "se ha retrasado",
                "ha sido retrasado",
                "está atrasada", "in ritardo", "è stato ritardato", "vertraagd", "har försenats", "er forsinket",
                "viivästynyt", "opóźnione", "opóźnienie", "zpožděno", "задерживается", "задержка доставки",
                "遅延", "延迟", "延遲", "지연",
            ]
        ),
        (.success, ["erfolgreich zugestellt", "remis avec succès", "entregado correctamente", "配信されました"]),
    ]
}
