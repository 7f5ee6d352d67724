"""What officers of the demo zone write: visit texts by kind and stage, issues by category, programmes, policies.

`visit_text` puts sentences together by dice, with the project's own building, product and numbers in them, so that a
year of visits does not repeat itself. All of it is invented; it is data and therefore Chinese only.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fieldapp.demo.people import UNIT_PEOPLE
from fieldapp.demo.zone import DemoProject

STAGES = tuple(f"S{number:02d}" for number in range(14))
# How many days a stage usually takes; looking back from today this says which stage a visit fell into.
STAGE_DAYS = dict(zip(STAGES, (60, 30, 28, 84, 28, 56, 42, 14, 250, 84, 42, 28, 120, 900), strict=True))

PROGRAMMES: tuple[tuple[str, str], ...] = (
    ("spring-start", "春季开复工服务月"),
    ("hundred-days", "项目攻坚百日行动"),
    ("policy-door", "惠企政策上门行"),
    ("safe-summer", "迎汛防暑服务保障"),
    ("year-end", "四季度冲刺投产专项服务"),
)
POLICY_ITEMS: tuple[str, ...] = (
    "先进制造业增值税加计抵减",
    "研发费用加计扣除",
    "设备更新贷款贴息",
    "重点群体就业补贴",
    "稳岗返还",
    "技术改造投资补助",
    "标准地“拿地即开工”流程",
    "容缺受理与告知承诺办法",
    "绿色工厂创建奖励",
    "首台套装备保费补偿",
    "高层次人才住房补贴",
    "工业用水阶梯优惠",
)


@dataclass(frozen=True)
class VisitText:
    """Field names as in sync.payloads.VisitBody; an empty one is left out of the visit."""

    content: str = ""
    progress: str = ""
    needs: str = ""
    problems: str = ""
    answers: str = ""
    next_step: str = ""
    next_step_days: int | None = None
    policy_items: tuple[str, ...] = ()
    outside: tuple[tuple[str, str], ...] = ()  # unit, who


@dataclass(frozen=True)
class PhotoPlan:
    """A photo of a visit: scene of scenes.SCENES, role and caption, and the place line of its name board."""

    scene: str
    role: str
    caption: str
    part: str


def stage_at(project: DemoProject, days_ago: int) -> str:
    """The stage a project was in that many days before the demo load."""
    at = STAGES.index(project.stage)
    left = days_ago - project.days_in_stage
    while left > 0 and at > 0:
        at -= 1
        left -= STAGE_DAYS[STAGES[at]]
    return STAGES[at]


def share_done(project: DemoProject, days_ago: int) -> float:
    """How far the stage of that day had come, 0 to 1; for words and pictures."""
    stage = stage_at(project, days_ago)
    if stage == project.stage:
        spent = max(0, project.days_in_stage - days_ago)
        return min(0.97, spent / STAGE_DAYS[stage])
    passed = project.days_in_stage
    for code in reversed(STAGES[: STAGES.index(project.stage)]):
        passed += STAGE_DAYS[code]
        if code == stage:
            break
    return min(0.99, max(0.0, (passed - days_ago) / STAGE_DAYS[stage]))


# -- progress --------------------------------------------------------------------------------------

PROGRESS: dict[str, tuple[str, ...]] = {
    "S00": (
        "企业就{product}项目选址作第{n}轮考察，重点比较临港与新材料两个片区的地块条件。",
        "双方就用地规模、能耗指标和产业扶持条款交换意见，企业表示将在{weeks}周内反馈投资方案初稿。",
        "企业已完成内部立项论证，拟投资约{yi}亿元，正在测算运输和用工成本。",
        "项目入园评审材料已收齐{n}项，尚缺节能分析和水平衡说明。",
        "企业技术团队实地踏勘{area}两宗地块，对临海运输条件比较满意。",
        "企业补充提供了{product}产品的市场分析和三年产能计划。",
    ),
    "S01": (
        "投资协议条款已基本谈定，剩余{n}处表述待法务确认。",
        "入园协议已签署，企业正在办理新公司注册的名称核准。",
        "企业提交项目总平面初步方案，建筑面积约{area_k}万平方米，{building}布置在地块西侧。",
        "企业已确定项目负责人并派驻{n}人筹备组，临时办公室已落实。",
        "协议约定的首笔履约保证金已到账，前期工作进入倒排。",
        "企业完成可行性研究报告编制单位比选，计划{weeks}周内出初稿。",
    ),
    "S02": (
        "营业执照已领取，正在开立基本账户和办理税务登记。",
        "企业投资项目备案已在线申报，因行业代码选择有误退回一次，已指导修改后重报。",
        "项目备案证已取得，环评、能评编制单位均已签约。",
        "可研报告完成内审，设备清单由{n}类调整为{m}类，总投资不变。",
        "地质初勘完成{pct}%，未发现不良地质，勘察单位{weeks}周内交报告。",
        "企业法人变更已完成，后续手续统一使用新印章。",
    ),
    "S03": (
        "地块勘测定界已完成，规划条件已出具，正在组织供地报批材料。",
        "土地挂牌公告已发布，企业已按要求缴纳竞买保证金。",
        "地块上残留堆土约{k}千立方米，清运进度约{pct}%，不影响挂牌。",
        "用地指标已落实，供地方案进入会审，预计{weeks}周内上会。",
        "规划条件中容积率和建筑退线已与企业核对一致。",
        "地块内一处通信杆线迁移方案已确定，权属单位承诺在交地前完成。",
    ),
    "S04": (
        "土地成交确认书已签订，出让合同正在走签章流程。",
        "交地现场已核对界址点{n}处，企业和测绘单位均已签字。",
        "不动产权证（土地）资料齐全，已递交登记窗口。",
        "土地出让金已缴清，契税申报完成，计划下周领取不动产权证。",
        "围挡施工完成约{pct}%，临时出入口位置已按规划条件调整到次干道一侧。",
    ),
    "S05": (
        "总平面方案第{n}稿已报规划窗口，消防车道转弯半径按意见加大。",
        "建设用地规划许可证已取得，工程规划许可材料完成约{pct}%。",
        "{building}立面方案通过评审，外墙材料由涂料调整为金属板。",
        "环评报告表已受理公示，公示期内未收到意见。",
        "设计单位已按专家意见修改{n}条，{weeks}周内可出正式文本。",
        "日照、竖向和管线综合三张图已补齐，规划科初审通过。",
    ),
    "S06": (
        "施工图审查一审提出意见{m}条，设计院已回复{n}条。",
        "施工总包和监理单位均已确定，合同备案材料已递交。",
        "消防设计审查已受理，补充了{building}的防火分区说明。",
        "施工许可所需{m}项材料已齐{n}项，尚缺农民工工资保证金凭证。",
        "场内临时道路完成约{pct}%，办公和生活板房已搭设{n}间。",
        "桩基先行施工手续已通过会商，设备正在调运。",
        "质量安全监督手续已报，待项目经理到岗核验。",
    ),
    "S07": (
        "桩机进场{n}台，累计成桩{m}根，约占总量的{pct}%。",
        "场地平整基本完成，{building}基坑开挖至设计标高，验槽安排在本周。",
        "土方累计外运{k}千立方米，现场防尘网覆盖到位。",
        "{building}承台垫层浇筑完成，钢筋绑扎正在展开。",
        "塔吊基础已浇筑，预计{weeks}周内安装调试。",
        "开工各项准备就绪，现场管理人员到位{m}人，工人约{workers}人。",
    ),
    "S08": (
        "{building}{floor}层梁板混凝土浇筑完成，外架同步跟进。",
        "{building}钢柱吊装完成{m}根，屋面梁安装约{pct}%。",
        "主体施工总体进度约{pct}%，现场作业人员约{workers}人，较上次增加两个班组。",
        "{building}基础全部出正负零，回填土分层压实，检测合格。",
        "辅助用房砌体完成约{pct}%，厂区雨污管沟开挖{k}百米。",
        "屋面檩条和支撑体系安装过半，彩钢板已到场{m}吨。",
        "{building}地面垫层施工中，设备基础预埋件复核无误。",
        "受连续{n}天降雨影响，{building}浇筑顺延，已加排水泵{n}台。",
        "办公楼主体{floor}层结构完成，{building}进入屋面施工。",
        "厂区道路路基成型{k}百米，综合管沟盖板预制同步进行。",
        "材料到场较计划晚{n}天，总包调整工序，先做{building}东侧附属用房。",
    ),
    "S09": (
        "首批设备{n}台（套）已进场，{building}行车安装调试完成。",
        "{building}生产线底座就位约{pct}%，工艺管道预制同步推进。",
        "10千伏配电室设备安装完成，正在做交接试验。",
        "主要设备到货率约{pct}%，剩余{n}台预计{weeks}周内运抵。",
        "洁净区吊顶和风管安装完成约{pct}%，门窗开始封闭。",
        "设备单机调试启动，{building}已完成{n}条线的对中找平。",
        "压缩空气、循环水等公用工程管线压力试验合格。",
    ),
    "S10": (
        "{building}竣工预验收提出问题{m}条，已整改{n}条。",
        "规划核实现场测量完成，绿地率复核与图纸一致。",
        "消防检测报告已出具，联动测试一次通过，个别疏散指示灯需更换。",
        "厂区道路、绿化收尾约{pct}%，围墙和大门安装完成。",
        "竣工资料组卷约{pct}%，城建档案窗口已预审。",
        "联合验收已网上申请，计划{weeks}周内组织现场核验。",
    ),
    "S11": (
        "试生产方案已备案，{building}投料试车{n}天，产品合格率约{pct}%。",
        "首批{product}已下线并送检，客户反馈良好。",
        "在线监测设备联网完成，数据传输稳定。",
        "试产负荷逐步提到{pct}%，蒸汽用量较设计值偏低。",
        "操作人员培训完成{m}人次，应急演练一次。",
    ),
    "S12": (
        "本月{product}产量环比增长约{small}%，在手订单可排到下季度。",
        "两班生产，{building}开机率约{pct}%，用工{workers}人。",
        "企业已完成首批产品发运，通过临港码头出口{n}个集装箱。",
        "设备运行平稳，企业计划增加一条包装线。",
        "上月用电量约{k}十万千瓦时，负荷曲线平稳。",
        "环保自主验收报告已公示，排污许可执行报告按期提交。",
    ),
    "S13": (
        "产能利用率约{pct}%，已达到设计水平，全年产值预计完成约{yi}亿元。",
        "企业启动技术改造，拟对{building}两条线作自动化升级。",
        "本季度税收按进度完成，订单以海上项目为主。",
        "企业月均发货{m}套，码头转运衔接顺畅。",
        "企业新招技能工人{n}名，内部培训基地投入使用。",
    ),
}

DETAILS: tuple[str, ...] = (
    "现场文明施工较好，扬尘措施到位。",
    "现场管理人员在岗，安全帽、安全带佩戴规范。",
    "已请企业按周更新倒排计划表。",
    "总包承诺下周增加一个班组。",
    "与上次走访相比进度明显加快。",
    "进度与计划基本一致。",
    "进度比计划晚约{n}天，企业已调整工序追赶。",
    "材料堆放整齐，主通道畅通。",
    "监理人员同步到场，资料齐全。",
    "夜间施工已按要求报备。",
    "现场已按季节要求做好防滑和防风措施。",
    "下一节点为{weeks}周后的专项验收。",
)

NEEDS: dict[str, tuple[str, ...]] = {
    "early": (
        "希望提供周边同类用地的成交情况和配套费用清单。",
        "希望明确蒸汽价格和供应时间，便于测算运行成本。",
        "希望安排一次与规划建设部的面对面沟通，确认指标口径。",
        "希望协助对接本地银行的项目贷款。",
        "希望提供职工宿舍和临时办公场所的信息。",
        "希望提前了解危化品运输的通行路线要求。",
    ),
    "papers": (
        "希望明确供地时间，便于安排设备订货。",
        "希望提前拿到规划条件，设计院先行启动。",
        "希望地块清表和平整在交地前全部完成。",
        "希望告知土地价款缴纳节点和契税办理方式。",
        "希望帮助核对备案内容，避免后续变更。",
        "希望交地时一并明确水、电、路接口位置。",
        "希望推荐本地勘察和测绘单位。",
    ),
    "permits": (
        "希望帮助核对申报材料，避免反复退件。",
        "希望能容缺受理，后补土地证原件。",
        "希望规划和消防两个部门一并看方案。",
        "希望了解施工许可与桩基先行的办理顺序。",
        "希望推荐熟悉本地要求的图审联系人。",
        "希望给出各证照的办理时限，便于排计划。",
    ),
    "building": (
        "希望协调增加一路临时用电，现有容量高峰时不够用。",
        "希望厂外道路尽快修通，避免大型设备绕行。",
        "希望协调多余土方的就近堆放点。",
        "希望正式用水接口提前到位，赶在设备清洗前通水。",
        "希望协调夜间混凝土运输车辆通行。",
        "希望雨水外排口尽快接通，厂区低处有积水。",
        "希望帮助联系本地有资质的检测单位。",
        "希望协调邻近地块施工车辆不占用共用道路。",
    ),
    "finishing": (
        "希望各部门提前介入验收，一次告知整改内容。",
        "希望尽快通蒸汽，保证试车时间。",
        "希望协助办理特种设备使用登记。",
        "希望帮助招聘操作工{m}名，以周边乡镇人员为主。",
        "希望增加一条途经厂区的通勤线路。",
        "希望协助申报技术改造和设备更新补助。",
    ),
    "running": (
        "希望协助解决职工子女入学，涉及{n}户。",
        "希望稳定蒸汽压力，近期波动影响产品质量。",
        "希望协助对接上下游企业，就近配套包装材料。",
        "希望明确政策兑现的时间安排。",
        "希望招聘技能工人{m}名，要求会设备维护。",
        "希望周边增加快餐和便利店。",
        "希望协调港区集装箱堆存费用。",
    ),
}
PROBLEMS: dict[str, tuple[tuple[str, str], ...]] = {
    "early": (
        ("地块内一条地下光缆位置不清，影响平面布置。", "当场联系通信运营商，约定三日内到现场探测并提供图纸。"),
        ("企业对能耗指标的来源还有顾虑。", "说明统筹安排的原则，会后提供书面答复。"),
        ("企业筹备人员对本地办事流程不熟。", "送上办事指南，安排帮办人员全程对接。"),
        ("投资方案反复调整，用地规模未最终确定。", "建议按分期用地考虑，一期先行。"),
    ),
    "papers": (
        ("备案行业代码选择有误被退回。", "对照目录逐项核对，指导企业当场重新申报。"),
        ("地块内残留构筑物影响勘察钻机进场。", "联系清表单位，约定三日内清完。"),
        ("勘测定界图与规划红线有细微出入。", "请测绘单位复核，以批准红线为准修正。"),
        ("新公司公章和账户尚未办妥，影响签约。", "协调窗口和银行当日办理。"),
        ("企业对挂牌流程和保证金要求不清楚。", "逐条说明公告内容，并提供办理流程图。"),
        ("界址桩有两处被施工车辆碰倒。", "通知测绘单位补桩，交地前复核。"),
    ),
    "permits": (
        ("图审意见较多，设计单位人手不足，回复偏慢。", "约请设计单位负责人现场答复，逐条排出完成日期。"),
        ("环评与能评编制进度不同步，影响后续手续。", "建议两项并行，编制单位每周通报一次进度。"),
        ("前期材料公章不一致，被窗口退件。", "指导企业出具情况说明，窗口同意补正后受理。"),
        ("消防车道与绿化带有冲突。", "与规划科沟通，同意调整绿化位置，绿地率不变。"),
        ("农民工工资专户开户时间长。", "协调银行安排专人，两个工作日内办结。"),
    ),
    "building": (
        ("厂区东侧市政雨水井堵塞，雨后排水慢。", "通知市政工程部当日疏通，并建议企业增设临时泵。"),
        ("临时用电频繁跳闸，影响浇筑。", "联系供电公司客户经理到场，判断为容量不足，安排增容。"),
        ("大型构件运输转弯半径不够，进场困难。", "与交警中队、市政工程部到现场，拟临时拆除一处隔离设施。"),
        ("混凝土供应紧张，两次浇筑推迟。", "协调搅拌站优先保障，并提供备用供应单位。"),
        ("进出车辆带泥上路，市政道路被污染。", "提醒总包开启冲洗设备并安排保洁，企业当日清理。"),
        ("工人宿舍离现场较远，通勤不便。", "提供两处可租用房源，由企业自行选择。"),
        ("邻近施工单位取土，围挡基础有掏空。", "约两家总包现场确认，由责任方两日内回填夯实。"),
        ("供水接口位置与图纸不符。", "供水公司答应三日内复测并提供调整方案。"),
    ),
    "finishing": (
        ("消防水池液位显示异常。", "请设备厂家当日复位，次日复测正常。"),
        ("竣工资料中隐蔽工程照片不全。", "指导监理补充说明，档案窗口同意先行预审。"),
        ("蒸汽外线最后一段未贯通。", "热力公司承诺增加焊工，倒排到天。"),
        ("特种设备安装告知遗漏一台。", "协助线上补办，不影响整体进度。"),
        ("厂区北门开口审批未完成。", "陪同企业补充材料，审批中心承诺加快。"),
    ),
    "running": (
        ("夜间电压波动，精密设备停机两次。", "联系供电公司夜间值守监测，查找原因。"),
        ("厂区门口货车排队占道。", "与交警中队商定临时待车区，错峰进场。"),
        ("污水排放口流量计数据偏差。", "请第三方校准，生态环境部同意按校准值修正。"),
        ("技能工人流动较大。", "对接人力资源部，下月安排专场招聘。"),
        ("员工反映最后一班公交过早。", "汇总需求后报市政工程部，研究延长末班时间。"),
    ),
}
NEXT_STEPS: dict[str, tuple[tuple[str, int], ...]] = {
    "early": (
        ("把地块资料和配套价格整理后发给企业", 3),
        ("约规划建设部和企业开一次选址沟通会", 7),
        ("跟进投资方案初稿", 14),
        ("请企业补齐入园评审材料", 5),
    ),
    "papers": (
        ("跟踪土地公告和挂牌时间", 7),
        ("陪同企业到窗口补正备案信息", 2),
        ("约测绘单位复核界址", 4),
        ("把水电路接口资料汇总给设计院", 5),
        ("核实清表进度并拍照反馈", 6),
        ("提醒企业按期缴纳土地价款", 10),
    ),
    "permits": (
        ("陪同企业到审批中心补交材料", 3),
        ("向图审机构了解复审安排", 5),
        ("约设计单位逐条过审查意见", 4),
        ("核对施工许可材料清单", 6),
        ("跟踪环评批复时间", 10),
    ),
    "building": (
        ("一周后复看{building}进度", 7),
        ("跟供电公司确认增容时间", 3),
        ("督促市政工程部疏通雨水井并回访", 2),
        ("请总包报送下月倒排计划", 5),
        ("约两家总包协调共用道路", 4),
        ("月底前再到现场看屋面施工", 14),
        ("向供水公司要调整后的接口图", 3),
    ),
    "finishing": (
        ("组织一次模拟验收", 7),
        ("跟进蒸汽外线贯通时间", 4),
        ("协助补齐竣工资料", 6),
        ("对接人力资源部发布招聘信息", 5),
        ("确认联合验收日期", 8),
    ),
    "running": (
        ("把政策申报通知送到企业财务", 5),
        ("下月回访产销情况", 30),
        ("汇总入学需求并按敏感事项登记", 3),
        ("约热力公司与企业核对用汽曲线", 6),
        ("跟进公交末班时间调整", 12),
    ),
}
GROUP_OF_STAGE: dict[str, str] = {
    **dict.fromkeys(("S00", "S01"), "early"),
    **dict.fromkeys(("S02", "S03", "S04"), "papers"),
    **dict.fromkeys(("S05", "S06"), "permits"),
    **dict.fromkeys(("S07", "S08"), "building"),
    **dict.fromkeys(("S09", "S10", "S11"), "finishing"),
    **dict.fromkeys(("S12", "S13"), "running"),
}

# -- other kinds of contact ------------------------------------------------------------------------

PHONE: dict[str, tuple[str, ...]] = {
    "early": (
        "电话了解投资方案进展，企业称董事会安排在{weeks}周后。",
        "电话答复企业关于土地价格和付款节点的咨询。",
        "电话提醒企业补报节能分析说明，企业答应{n}日内提交。",
        "企业来电询问考察行程，已确认接待安排。",
    ),
    "papers": (
        "电话了解备案办理情况，企业已按要求重新申报。",
        "电话告知供地报批进度，预计{weeks}周后进入公告。",
        "电话提醒土地出让金缴纳期限，企业已安排付款。",
        "电话确认交地时间，测绘和施工单位届时到场。",
        "电话了解地质勘察情况，已完成钻孔{m}个。",
        "电话与企业核对规划条件，容积率、退线均无异议。",
        "电话询问清表进度，还剩{n}处堆土未运完。",
        "电话了解总平面设计，设计院{n}日内出初稿。",
    ),
    "permits": (
        "电话询问图审回复情况，设计院还剩{n}条未回。",
        "电话提醒企业规划许可材料缺一份日照分析，今日补交。",
        "电话告知窗口受理结果，请企业{n}日后查询。",
        "与企业报批专员核对备案信息，行业代码已改正。",
        "电话了解环评公示情况，无反馈意见。",
        "电话了解设计院出图进度，还差{n}个专业。",
    ),
    "building": (
        "电话了解{building}浇筑安排，计划{n}天后进行。",
        "电话询问临时用电增容情况，供电公司已现场勘查。",
        "电话提醒大风天气，请企业加固塔吊和围挡。",
        "企业反映雨水井疏通后排水正常。",
        "电话核实现场人数约{workers}人，本周无停工。",
        "电话确认下周走访时间，企业安排项目经理接待。",
        "总包反映砂石料到货慢，已提供备用渠道。",
        "电话了解{building}钢结构到货，还差{n}车。",
    ),
    "finishing": (
        "电话确认设备到货时间，预计{n}日内运抵。",
        "电话了解消防整改情况，剩{n}项待复测。",
        "电话提醒联合验收前自查一遍资料。",
        "企业询问试生产备案要点，已逐条说明并发送模板。",
        "电话了解用工缺口，约{m}人。",
    ),
    "running": (
        "电话了解本月生产情况，开机率约{pct}%，订单正常。",
        "电话告知政策申报截止日期，企业财务正在准备。",
        "电话回访用汽情况，近一周压力稳定。",
        "企业反映招聘效果较好，到岗{n}人。",
        "电话了解{product}出口情况，本月发运{n}柜。",
    ),
}
CLOSINGS: tuple[str, ...] = (
    "对方表示会按时反馈。",
    "约定下周再联系一次。",
    "企业对服务表示感谢。",
    "对方暂无其他诉求。",
    "已把要点发到项目微信群。",
    "企业将于{n}日内书面回复。",
    "有变化随时电话沟通。",
    "已记入项目台账，持续跟踪。",
    "企业内部还需碰头一次。",
    "请对方把材料发到工作邮箱。",
)
INCOMING: tuple[str, ...] = (
    "企业来电反映{road}路灯有{n}盏不亮，夜班职工出行不便。",
    "企业来电咨询技术改造补助的申报条件，已当场答复并发送通知。",
    "企业来电反映厂门口积水，已转市政工程部。",
    "企业来电询问危化车辆通行证办理，告知地点和所需材料。",
    "企业来电反映水压偏低，已联系供水公司查看。",
    "企业来电咨询职工子女转学手续，已说明流程。",
)
ONLINE: tuple[str, ...] = (
    "在项目微信群发送审批进度截图，企业确认收到。",
    "线上会商{building}管线综合，设计院、总包参加，确定{n}处调整。",
    "企业在线提交周报，形象进度约{pct}%。",
    "视频连线核对设备清单，确认{m}台需办理登记。",
    "线上发送办事指南和表格模板，企业当日填报。",
)
ACCOMPANIED: tuple[str, ...] = (
    "陪同到行政审批中心办理{paper}，材料一次受理，{n}个工作日出结果。",
    "陪同企业报批专员递交{paper}材料，窗口要求补一份授权书，现场补齐。",
    "陪同到不动产登记窗口领取证书，全程约{m}分钟。",
    "陪同与规划科工作人员面对面修改{paper}申请表，共改{n}处。",
    "陪同到供电营业厅办理报装，确定供电方案答复时间。",
    "帮办人员代企业提交{paper}，企业仅跑一次。",
)
PAPERS: dict[str, tuple[str, ...]] = {
    "early": ("企业名称登记", "企业投资项目备案", "营业执照"),
    "papers": ("企业投资项目备案", "建设用地规划许可证", "不动产权证（土地）", "勘测定界成果"),
    "permits": ("建设工程规划许可证", "建筑工程施工许可证", "消防设计审查", "环评报告表", "道路开口审批"),
    "building": ("道路开口审批", "临时用电报装", "排水接入许可", "夜间施工备案", "施工许可变更"),
    "finishing": ("特种设备使用登记", "排污许可", "规划核实", "消防验收", "竣工验收备案"),
    "running": ("排污许可变更", "不动产权证（房屋）", "技术改造备案", "安全生产许可延续"),
}
DEPARTMENT: tuple[str, ...] = (
    "与规划科对接总平面调整，同意按微调程序办理，不再重新公示。",
    "与供电公司业扩专责对接正式用电方案，答复时间提前{n}天。",
    "与市政工程部对接{road}施工计划，确定先通半幅，保证企业进设备。",
    "与生态环境部对接环评批复，专家复核意见本周出具。",
    "与应急管理部对接试生产条件，提出{n}条需补充的材料。",
    "与人力资源部对接专场招聘，岗位{m}个，时间定在月底。",
    "与热力公司对接蒸汽外线，土建完成约{pct}%，剩余段落倒排到天。",
)
MEETINGS: dict[str, tuple[str, ...]] = {
    "office_meeting": (
        "在项目现场办公，逐项过问题{n}个，明确牵头单位和时限。",
        "现场办公会研究厂外配套，道路、供水、供电三家单位分别作了答复。",
        "现场办公会听取总包汇报，对滞后工序提出追赶安排。",
    ),
    "coordination_meeting": (
        "召开专题协调会，议定供电外线路由，由供电公司{weeks}周内完成施工图。",
        "协调会明确共用道路分时段使用，各总包指定联络人。",
        "协调会逐项通报上次议定事项，完成{n}项，其余重新明确时限。",
        "协调会研究厂外配套时序，{road}与管线同步实施，避免二次开挖。",
        "协调会听取企业和设计单位意见，议定事项{n}条，三日内印发纪要。",
    ),
    "joint_conference": (
        "联席会议研究项目能评、环评、安评并联办理，形成纪要{n}条。",
        "联席会议通报季度节点，{product}项目列入重点调度。",
    ),
    "talks": (
        "座谈会听取{n}家企业对用工和配套的意见，收集诉求{m}条。",
        "座谈会围绕降低物流成本交流，企业建议共享集装箱堆场。",
    ),
    "liaison_meeting": (
        "组织企业与本地银行对接，初步达成意向授信{yi}亿元。",
        "组织上下游对接，{product}与包装、物流企业现场洽谈。",
        "对接会介绍港区服务，企业对接航线和费用。",
    ),
    "policy_briefing": (
        "宣讲政策{n}项，现场解答问题{m}个，发放政策汇编。",
        "逐条讲解申报要点，帮助企业判断可申报{n}项。",
        "线上线下同步宣讲，参加企业{m}家，会后建立答疑群。",
    ),
}
WATCH: tuple[str, ...] = (
    "与供电公司人员在{building}值守，连续监测电压，凌晨出现{n}次波动，已记录波形。",
    "汛期值守，厂区周边雨水泵站运行正常，未发生积水倒灌。",
    "设备夜间进场值守，与交警配合疏导，{n}车构件全部安全进场。",
    "投料试车首日值守，蒸汽和循环水供应平稳。",
)
MOCK: tuple[str, ...] = (
    "会同规划、消防、档案人员模拟验收，发现问题{m}条，现场移交整改清单。",
    "模拟验收重点看消防联动和疏散，{n}处需要调整，其余满足要求。",
    "模拟验收核对竣工图与现场，管线标识和室外消火栓位置需完善。",
)
AWAY: dict[str, tuple[str, ...]] = {
    "reception": (
        "接待{product}上下游企业一行{n}人，参观港区和两家投产企业。",
        "接待考察团，介绍海上装备产业链和配套条件，对方对码头岸线感兴趣。",
    ),
    "promotion_trip": (
        "外出拜访{n}家企业，介绍示范区标准地和码头条件，两家有来访意向。",
        "参加海洋产业展会，发放资料{m}份，收集线索{n}条。",
    ),
    "firm_call": (
        "拜访意向企业总部，了解扩产计划，对方拟下月来区考察。",
        "拜访企业研发中心，交流中试基地落地条件。",
    ),
}
_WORKS = ("供水公司", "供电公司", "燃气公司", "规划建设部", "市政工程部", "通信运营商")
OUTSIDE: dict[str, tuple[tuple[str, ...], int]] = {
    "joint_visit": ((*_WORKS, "应急管理部", "生态环境部"), 3),
    "accompanied_filing": (("行政审批中心", "规划建设部"), 1),
    "office_meeting": (_WORKS, 3),
    "coordination_meeting": (_WORKS, 3),
    "joint_conference": (("规划建设部", "行政审批中心", "生态环境部", "应急管理部"), 3),
    "talks": (("人力资源部", "行政审批中心"), 2),
    "policy_briefing": (("人力资源部", "行政审批中心"), 2),
    "standing_watch": (("供电公司", "市政工程部", "交警中队"), 2),
    "mock_acceptance": (("规划建设部", "应急管理部", "生态环境部"), 2),
}
ROADS: tuple[str, ...] = ("经一路", "经二路", "经三路", "经四路", "纬一路", "纬二路", "纬三路", "滨海大道")


@dataclass
class _Dice:
    """Fills the slots of a sentence; one text keeps its road and paper."""

    rng: random.Random
    project: DemoProject
    done: float
    group: str = "building"
    kept: dict[str, str] = field(default_factory=dict)

    def say(self, sentence: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda slot: self._value(slot.group(1)), sentence)

    def pick(self, sentences: tuple[str, ...]) -> str:
        return self.say(self.rng.choice(sentences))

    def _value(self, slot: str) -> str:
        rng = self.rng
        if slot in ("road", "paper"):
            return self.kept.setdefault(slot, rng.choice(ROADS if slot == "road" else PAPERS[self.group]))
        if slot == "pct":
            return str(min(98, round(self.done * 88 + rng.uniform(4, 12))))
        if slot in ("building", "product", "area"):
            return str(getattr(self.project, slot))
        ranges = {
            "n": (2, 6),
            "m": (8, 36),
            "k": (2, 9),
            "weeks": (2, 4),
            "workers": (40, 260),
            "small": (3, 18),
        }
        if slot == "yi":
            return f"{self.project.investment / 10000:.1f}"
        if slot == "area_k":
            return f"{self.project.site_area * 0.06:.1f}"
        if slot == "floor":
            return "一二三四五"[min(4, int(self.done * 5))]
        return str(rng.randint(*ranges[slot]))


def filled(project: DemoProject, rng: random.Random) -> Callable[[str], str]:
    """Fills the slots of sentences that belong together."""
    return _Dice(rng, project, 0.5).say


def visit_text(kind: str, project: DemoProject, days_ago: int, rng: random.Random) -> VisitText:
    """What an officer would have written about a visit of that kind to that project on that day."""
    stage = stage_at(project, days_ago)
    group = GROUP_OF_STAGE[stage]
    dice = _Dice(rng, project, share_done(project, days_ago), group)
    step, days = rng.choice(NEXT_STEPS[group])
    following = (dice.say(step), days) if rng.random() < 0.62 else ("", None)
    if kind in ("site_inspection", "site_visit", "joint_visit"):
        return _on_site(kind, stage, group, dice, following)
    policies = tuple(rng.sample(POLICY_ITEMS, rng.randint(1, 3))) if kind == "policy_briefing" else ()
    return VisitText(
        content=_content(kind, group, dice),
        next_step=following[0],
        next_step_days=following[1],
        policy_items=policies,
        outside=_outside(kind, rng),
    )


def _on_site(kind: str, stage: str, group: str, dice: _Dice, following: tuple[str, int | None]) -> VisitText:
    rng = dice.rng
    sentences = [dice.say(line) for line in rng.sample(PROGRESS[stage], 1 if rng.random() < 0.45 else 2)]
    if group in ("building", "finishing") and rng.random() < 0.6:
        sentences.append(dice.pick(DETAILS))
    problem, answer = rng.choice(PROBLEMS[group])
    troubled = rng.random() < 0.45
    asked = rng.random() < (0.3 if kind == "site_inspection" else 0.6)
    return VisitText(
        progress="".join(sentences),
        needs=dice.pick(NEEDS[group]) if asked else "",
        problems=dice.say(problem) if troubled else "",
        answers=dice.say(answer) if troubled else "",
        next_step=following[0],
        next_step_days=following[1],
        outside=_outside(kind, rng),
    )


def _content(kind: str, group: str, dice: _Dice) -> str:
    pools: dict[str, tuple[str, ...]] = {
        "phone_follow_up": PHONE[group],
        "incoming_call": INCOMING,
        "online": ONLINE,
        "accompanied_filing": ACCOMPANIED,
        "department_liaison": DEPARTMENT,
        "standing_watch": WATCH,
        "mock_acceptance": MOCK,
        **MEETINGS,
        **AWAY,
    }
    first = dice.pick(pools[kind])
    return first + dice.pick(CLOSINGS) if dice.rng.random() < 0.75 else first


def _outside(kind: str, rng: random.Random) -> tuple[tuple[str, str], ...]:
    """Which units came along: many to what is joint, one to what it takes."""
    if kind not in OUTSIDE:
        return ()
    known, most = OUTSIDE[kind]
    units = rng.sample(known, rng.randint(1, most))
    return tuple((unit, rng.choice(UNIT_PEOPLE[unit])) for unit in units)


# -- photos ----------------------------------------------------------------------------------------

# scene, part of the works on the board, caption; by stage
SHOTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "S00": (
        ("meeting", "会议室", "选址沟通"),
        ("dyke", "滨海岸线", "察看岸线条件"),
        ("road_paving", "周边道路", "察看周边道路"),
    ),
    "S01": (
        ("meeting", "会议室", "协议条款沟通"),
        ("document", "资料", "材料清单"),
        ("earthwork", "拟选地块", "地块现状"),
    ),
    "S02": (
        ("service_hall", "服务大厅", "窗口办理"),
        ("document", "资料", "备案材料"),
        ("meeting", "会议室", "前期对接"),
    ),
    "S03": (
        ("earthwork", "拟供地块", "清表现状"),
        ("drainage_before", "地块出入口", "出入口现状"),
        ("document", "资料", "勘测定界资料"),
    ),
    "S04": (
        ("earthwork", "项目地块", "交地现场"),
        ("document", "资料", "交地确认"),
        ("pipeline_trench", "地块南侧", "管线接口位置"),
    ),
    "S05": (
        ("earthwork", "项目地块", "场地平整"),
        ("meeting", "会议室", "方案讨论"),
        ("service_hall", "服务大厅", "规划窗口"),
    ),
    "S06": (
        ("earthwork", "施工场地", "临设搭建"),
        ("foundation", "试桩区", "桩基先行"),
        ("document", "资料", "图审回复"),
    ),
    "S07": (
        ("earthwork", "基坑", "土方开挖"),
        ("foundation", "承台", "钢筋绑扎"),
        ("earthwork", "场地北侧", "场内道路"),
    ),
    "S08": (
        ("tower_crane", "主体", "主体施工"),
        ("steel_frame", "厂房", "钢结构吊装"),
        ("foundation", "附属用房", "基础施工"),
        ("pipeline_trench", "厂区管沟", "雨污管施工"),
        ("tower_crane", "南立面", "外架情况"),
        ("road_paving", "厂外道路", "配套道路施工"),
        ("substation", "配套变电站", "供电外线"),
    ),
    "S09": (
        ("equipment", "车间内", "设备就位"),
        ("equipment", "车间北区", "管道安装"),
        ("substation", "配电室外", "供电设备"),
        ("steel_frame", "辅助厂房", "围护安装"),
    ),
    "S10": (
        ("equipment", "车间内", "竣工前现场"),
        ("road_paving", "厂区道路", "道路收尾"),
        ("substation", "变电站", "送电准备"),
        ("document", "资料", "竣工资料"),
    ),
    "S11": (
        ("equipment", "车间内", "试生产"),
        ("pipeline_trench", "蒸汽外线", "外线收尾"),
        ("substation", "变电站", "供电运行"),
    ),
    "S12": (("equipment", "车间内", "生产现场"), ("meeting", "会议室", "座谈"), ("dyke", "临港岸线", "发运码头")),
    "S13": (
        ("equipment", "车间内", "技改现场"),
        ("meeting", "会议室", "运行情况交流"),
        ("dyke", "临港岸线", "发运码头"),
    ),
}
SHOTS_OF_KIND: dict[str, tuple[tuple[str, str, str], ...]] = {
    "accompanied_filing": (("service_hall", "服务大厅", "陪同办理"), ("document", "受理单", "受理回执")),
    "department_liaison": (("meeting", "会议室", "部门对接"),),
    "policy_briefing": (("meeting", "会议室", "政策宣讲"), ("document", "签到表", "签到表")),
    "standing_watch": (("substation", "值守点", "夜间值守"), ("dyke", "防潮堤", "汛期值守")),
    "mock_acceptance": (
        ("equipment", "车间内", "模拟验收"),
        ("document", "整改清单", "整改清单"),
        ("road_paving", "厂区道路", "室外工程"),
    ),
    "reception": (("meeting", "会议室", "接待座谈"), ("dyke", "临港岸线", "参观港区")),
    **dict.fromkeys(
        ("office_meeting", "coordination_meeting", "joint_conference", "talks", "liaison_meeting"),
        (("meeting", "会议室", "会议现场"), ("document", "签到表", "签到表")),
    ),
}
SITE_KINDS = ("site_inspection", "site_visit", "joint_visit")


def photo_plans(kind: str, project: DemoProject, days_ago: int, rng: random.Random, count: int) -> list[PhotoPlan]:
    """What the photos of a visit show. None for kinds that ask for none, and one more where a roof was topped out."""
    stage = stage_at(project, days_ago)
    shots = SHOTS[stage] if kind in SITE_KINDS else SHOTS_OF_KIND.get(kind, ())
    if not shots:
        return []
    made = []
    for scene, part, caption in rng.sample(shots, min(count, len(shots))):
        place = project.building if part in ("主体", "厂房", "车间内") else part
        made.append(PhotoPlan(scene, _role(scene), caption, place))
    if stage == "S08" and kind in SITE_KINDS and share_done(project, days_ago) > 0.8 and rng.random() < 0.4:
        made[0] = PhotoPlan("topping_out", "progress", "主体封顶", project.building)
    return made


def _role(scene: str) -> str:
    return {"meeting": "meeting", "service_hall": "document", "document": "document"}.get(scene, "progress")


def board_lines(project: DemoProject, plan: PhotoPlan, local_time: str, officer: str) -> list[str]:
    """The name board: project, part, time, who. `local_time` as 2026-05-14 09:41."""
    phase = f"（{project.phase}）" if project.phase else ""
    return [f"工程名称：{project.name}{phase}", f"部位：{plan.part}", f"时间：{local_time}", f"记录：{officer}"]
