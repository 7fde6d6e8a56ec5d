"""What customers of a Brazilian clothes shop say: invented people, invented talks, in the Portuguese of the telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FIRST_NAMES = (
    "Ana", "Beatriz", "Camila", "Daniela", "Eduarda", "Fernanda", "Gabriela", "Helena", "Isabela", "Juliana", "Larissa",
    "Mariana", "Natália", "Patrícia", "Rafaela", "Sônia", "Tatiane", "Vera", "Yasmin", "Zélia", "André", "Bruno", "Caio",
    "Diego", "Eduardo", "Felipe", "Gustavo", "Henrique", "Igor", "João", "Leandro", "Marcelo", "Otávio", "Paulo", "Rogério",
    "Samuel", "Thiago", "Vinícius", "Wagner", "Antônio",
)  # fmt: skip
LAST_NAMES = (
    "Almeida", "Araújo", "Barbosa", "Batista", "Cardoso", "Carvalho", "Conceição", "Dias", "Farias", "Ferreira", "Freitas",
    "Gonçalves", "Lima", "Magalhães", "Moreira", "Nascimento", "Nogueira", "Oliveira", "Pacheco", "Peixoto", "Pereira",
    "Ramos", "Ribeiro", "Rocha", "Salgado", "Santana", "Siqueira", "Tavares", "Teixeira", "Vasconcelos",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Topic:
    """A reason to write: ways to open (each one to three messages), answers to the shop in their order, a picture to show."""

    name: str
    openings: tuple[tuple[str, ...], ...]
    answers: tuple[tuple[str, ...], ...]
    shows: Literal["", "photo", "invoice", "place", "voice"] = ""


GREETINGS = ("Oi", "Olá", "Oi, tudo bem?", "Opa", "Olá, tudo bom?", "Oii", "Boa!")
NUDGES = (
    "Oi? Alguém pode me ajudar?",
    "Ainda estou esperando…",
    "Tem alguém aí?",
    "Quando puderem me responder, agradeço",
)
THANKS = (
    "Muito obrigada!", "Obrigado, ajudou demais 🙏", "Perfeito, obrigada pela atenção", "Show, valeu!", "Ótimo, era só isso. Obrigado!",
    "Amei o atendimento ❤️", "Tá certo, obrigada. Boa semana pra vocês", "Beleza, muito obrigado 👍",
)  # fmt: skip
EMOJI = ("👍", "❤️", "🙏", "😂", "😮")

TOPICS = (
    Topic(
        name="troca",
        openings=(
            ("Comprei uma blusa e ficou pequena", "Dá pra trocar por um tamanho maior?"),
            ("Quero trocar um vestido que ganhei de presente, como faço?",),
            ("Recebi a calça na cor errada 😕", "Pedi preta e veio azul-marinho", "Vocês trocam?"),
            ("Até quantos dias depois da compra posso trocar?",),
        ),
        answers=(
            ("Ainda está com a etiqueta, sim", "Está com etiqueta e na embalagem", "Usei uma vez só, tem problema?"),
            ("Posso levar na loja ou tem que ser pelo correio?", "Prefiro trocar na loja, dá?"),
        ),
    ),
    Topic(
        name="entrega",
        openings=(
            ("Meu pedido ainda não chegou", "O prazo era ontem"),
            ("O rastreio está parado há quatro dias, sabem o que houve?",),
            ("Vocês entregam no sábado?",),
            ("Não vou estar em casa amanhã", "Tem como deixar com o porteiro?"),
        ),
        answers=(
            ("O número do pedido é 48213", "É o pedido 50977, está no meu nome", "Pedido 47120"),
            ("E chega até sexta? É pra um aniversário", "Tem alguma previsão?", "Consigo mudar o endereço ainda?"),
        ),
    ),
    Topic(
        name="pedido",
        openings=(
            ("Fiz um pedido agora há pouco e coloquei o tamanho errado", "Dá pra mudar antes de enviar?"),
            ("Quero cancelar meu pedido, comprei duas vezes sem querer",),
            ("Meu pagamento foi aprovado mas o pedido continua como pendente",),
        ),
        answers=(
            ("Pedido 51340", "O e-mail da compra é o mesmo do cadastro", "Foi no cartão, em três vezes"),
            ("Quanto tempo demora pra confirmar?", "Vou receber um e-mail?", "E o estorno cai quando?"),
        ),
    ),
    Topic(
        name="nota fiscal",
        openings=(
            ("Preciso da nota fiscal do meu pedido", "Pode ser em PDF"),
            ("A nota veio com o CPF errado, dá pra corrigir?",),
            ("Vocês emitem nota pra CNPJ?",),
        ),
        answers=(
            ("É do pedido 49902", "Compra do dia 12, na loja do shopping", "Pode mandar por aqui mesmo"),
            ("Consegue mandar hoje? É pra reembolso", "A segunda via tem o mesmo valor?"),
        ),
    ),
    Topic(
        name="preço",
        openings=(
            ("Quanto está o casaco de lã da vitrine?",),
            ("Esse preço do site vale na loja também?",),
            ("Vi a promoção no Instagram", "Ainda está valendo? Quanto fica o vestido midi?"),
            ("Tem desconto no Pix?",),
        ),
        answers=(
            ("E parcela em quantas vezes?", "Tem frete grátis acima de quanto?"),
            ("Vou querer! Como faço pra comprar?", "Vou pensar e te aviso", "Consegue reservar um M pra mim?"),
        ),
    ),
    Topic(
        name="defeito",
        openings=(
            ("Chegou hoje e veio com um rasgo na costura", "Vou mandar uma foto"),
            ("O zíper da jaqueta quebrou na segunda vez que usei",),
        ),
        answers=(
            ("O pedido é 50411", "Comprei faz duas semanas"),
            ("Prefiro a troca do que o dinheiro de volta", "Quem paga o frete da devolução?"),
        ),
        shows="photo",
    ),
    Topic(
        name="retirada",
        openings=(
            ("Meu pedido já está pronto pra retirar?",),
            ("Minha irmã pode retirar o pedido no meu lugar?", "O que ela precisa levar?"),
        ),
        answers=(
            ("Retirada na loja do centro", "Pedido 51006"),
            ("Até que horas vocês ficam abertos?", "Tem estacionamento?"),
        ),
    ),
    Topic(
        name="estoque",
        openings=(
            ("Tem a saia plissada no 44?",),
            ("O tênis branco vai voltar?", "No site diz esgotado"),
            ("Vocês têm esse modelo em verde?",),
        ),
        answers=(
            ("Sabe se tem em outra loja?", "Pode ser o 42 então, ele é grande?"),
            ("Me avisa quando chegar, por favor", "Vou levar! Guarda pra mim até amanhã?"),
        ),
        shows="photo",
    ),
    Topic(
        name="loja",
        openings=(
            ("Qual o horário de vocês no domingo?",),
            ("Qual loja fica mais perto de mim?", "Vou mandar minha localização"),
        ),
        answers=(("Dá pra ir de metrô?", "E abre no feriado?"),),
        shows="place",
    ),
    Topic(
        name="pagamento",
        openings=(
            ("O Pix expirou antes de eu pagar", "Consegue gerar outro?"),
            ("Fui cobrada duas vezes na mesma compra",),
            ("Posso pagar metade no cartão e metade no Pix?",),
        ),
        answers=(
            ("Pedido 51288", "Foi hoje de manhã", "No cartão final 2210"),
            ("Ok, vou tentar de novo agora", "Segue o comprovante", "E se não cair hoje?"),
        ),
        shows="invoice",
    ),
    Topic(
        name="cupom",
        openings=(
            ("O cupom de primeira compra não está funcionando",),
            ("Ganhei um cupom de aniversário, vale pra peças em promoção?",),
        ),
        answers=(
            ("Diz que o código é inválido", "Aparece que já foi usado, mas não usei"),
            ("Agora deu certo!", "Ainda não foi"),
        ),
    ),
    Topic(
        name="áudio",
        openings=(("Vou mandar um áudio que é mais fácil",),),
        answers=(("É isso mesmo", "Isso, o pedido da semana passada"), ("E quanto tempo demora?", "Combinado")),
        shows="voice",
    ),
)
